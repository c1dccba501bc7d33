/** Learning signals, and the gradients that traces give with them. */
package dev.engram.etrace.signal;
