/** Fused loops, their buffers, and the backends that run them. */
package dev.engram.lower;
