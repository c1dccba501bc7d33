/**
 * Fused loops, their buffers, and the backends that run them.
 *
 * <p>{@link dev.engram.lower.Lowering#lower} goes from a graph to a {@link
 * dev.engram.lower.LoopProgram} in six steps, each in classes that can be read on their own:
 *
 * <ol>
 *   <li>{@code Prepare}: inlines calls and custom ops, packs operands, hoists loop invariants.
 *   <li>{@code Materialization}: decides which values are computed once and stored; the others are
 *       recomputed by each reader.
 *   <li>{@code FusionPlan}: fuses those values into groups with a common index space, in an order
 *       that allows fusion. {@code AccessMaps} has the index maps of all ops, {@code AffineIndex}
 *       is an index map, {@code Alignment} aligns one index space with another.
 *   <li>{@code GraphEmitter}: assigns memory, readers first, so that a producer writes directly
 *       where its reader needs the value; then {@code NestBuilder} writes the instructions of each
 *       group and {@code AxisOrder} orders its axes. {@code CarryPlan} decides which carries are
 *       updated in place.
 *   <li>{@code SplitLoops}: divides loops among the examples of a batch; {@code ExampleAxis} finds
 *       these.
 *   <li>{@code ArenaPlan}: assigns offsets by liveness, from the first to the last use of each
 *       buffer.
 * </ol>
 *
 * <p>{@link dev.engram.lower.inspect.ProgramVerifier} checks the rules of {@link
 * dev.engram.lower.Stmt}, {@link dev.engram.lower.interpret.LoopInterpreter} interprets the result,
 * {@link dev.engram.lower.inspect.LoopPrinter} prints it, {@link
 * dev.engram.lower.inspect.FusionReport} measures it, {@link dev.engram.lower.inspect.LoopReport}
 * says which loops are divided.
 */
package dev.engram.lower;
