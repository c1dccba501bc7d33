/**
 * Fused loops, their buffers, and the backends that run them.
 *
 * <p>{@link dev.engram.lower.Lowering#lower} goes from a graph to a {@link
 * dev.engram.lower.LoopProgram} in five steps, each a class that can be read on its own:
 *
 * <ol>
 *   <li>{@code Prepare}: calls and custom ops inlined, operands packed, what stays the same hoisted
 *       out of loops.
 *   <li>{@code Materialization}: which values are worth a place of their own; the others are
 *       computed again by each reader.
 *   <li>{@code FusionPlan}: those values, in groups of one index space, in an order that lets them
 *       join. {@code AccessMaps} has the index maps of all ops, {@code AffineIndex} an index map,
 *       {@code Alignment} lays one index space along another.
 *   <li>{@code GraphEmitter}: memory, readers first, so that a producer writes where its reader
 *       wants it; then {@code NestBuilder} writes the instructions of each group and {@code
 *       AxisOrder} orders its axes. {@code CarryPlan} decides which carries are updated in place.
 *   <li>{@code ArenaPlan}: offsets, from the first to the last use of each buffer.
 * </ol>
 *
 * <p>{@link dev.engram.lower.inspect.ProgramVerifier} holds the result to the rules of {@link
 * dev.engram.lower.Stmt}, {@link dev.engram.lower.interpret.LoopInterpreter} runs it plainly,
 * {@link dev.engram.lower.inspect.LoopPrinter} shows it, {@link
 * dev.engram.lower.inspect.FusionReport} counts it.
 */
package dev.engram.lower;
