/** Tracing a user's function: its flattened arguments, its graph, and the values it captures. */
package dev.engram.trace;
