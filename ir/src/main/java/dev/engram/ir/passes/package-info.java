/**
 * Rewritings of graphs that keep their meaning: bit for bit, but for {@link
 * dev.engram.ir.passes.MergeSumIntoDot}, which adds the same terms in another order.
 */
@org.jspecify.annotations.NullMarked
package dev.engram.ir.passes;
