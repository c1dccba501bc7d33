/** Nests analysed for code generation: axes, rows, products. */
package dev.engram.backend.cpu.nest;
