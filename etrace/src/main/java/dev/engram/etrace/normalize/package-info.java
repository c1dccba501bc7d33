/**
 * Rewrites of a step that bring weights and hidden states into the forms that the analysis reads.
 */
package dev.engram.etrace.normalize;
