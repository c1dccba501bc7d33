/**
 * The analysis: which weights reach which hidden states, along which paths, and what a rule leaves
 * out.
 */
package dev.engram.etrace.analysis;
