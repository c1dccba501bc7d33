/** Emitting loop nests, instruction by instruction. */
package dev.engram.lower.emit;
