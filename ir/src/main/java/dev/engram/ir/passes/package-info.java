/** Rewritings of graphs that keep their meaning, bit for bit. */
@org.jspecify.annotations.NullMarked
package dev.engram.ir.passes;
