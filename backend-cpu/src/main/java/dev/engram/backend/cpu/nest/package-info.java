/** Nests taken apart for code: axes, rows, products. */
package dev.engram.backend.cpu.nest;
