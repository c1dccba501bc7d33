/** Tangents: the walk forwards, and the rules of every op and loop. */
package dev.engram.autodiff.forward;
