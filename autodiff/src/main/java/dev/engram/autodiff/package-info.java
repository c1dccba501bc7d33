/**
 * Derivatives and batches as rewrites of graphs: each transformation takes a graph and gives a
 * graph, so that they compose in any order and to any depth.
 *
 * <ul>
 *   <li>{@link dev.engram.autodiff.Jvp} computes tangents beside values, with one rule per family.
 *   <li>{@link dev.engram.autodiff.Linearize} puts the tangents into a linear graph of their own,
 *       on as few residuals as will do; {@link dev.engram.autodiff.Transpose} turns a linear graph
 *       round; {@link dev.engram.autodiff.Vjp} is the two, one after the other.
 *   <li>{@link dev.engram.autodiff.Batch} runs a function on many examples at once.
 * </ul>
 */
package dev.engram.autodiff;
