/** Rules that rewrite expressions into simpler ones of the same value, bit for bit. */
package dev.engram.ir.passes.simplify;
