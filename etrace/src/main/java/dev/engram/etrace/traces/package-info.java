/** Eligibility traces: their shapes, and how a step updates them. */
package dev.engram.etrace.traces;
