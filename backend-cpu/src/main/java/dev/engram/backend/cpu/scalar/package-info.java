/** Scalar code, without vectors. */
package dev.engram.backend.cpu.scalar;
