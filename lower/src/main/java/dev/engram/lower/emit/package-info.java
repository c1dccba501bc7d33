/** Nests of loops, written instruction by instruction. */
package dev.engram.lower.emit;
