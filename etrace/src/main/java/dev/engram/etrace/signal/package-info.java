/** Learning signals, and the gradients formed from traces with them. */
package dev.engram.etrace.signal;
