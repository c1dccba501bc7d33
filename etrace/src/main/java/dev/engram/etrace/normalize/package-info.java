/**
 * Normalization of a step: rewrites that bring weights and hidden states into the forms that the
 * analysis recognizes.
 */
package dev.engram.etrace.normalize;
