/** Cotangents: the walk backwards over what is linear, and what is kept for it. */
package dev.engram.autodiff.reverse;
