package dev.engram.ir;

import java.util.List;

/**
 * The door for outside authors: an op of their own. Implementations are records whose components
 * are the attributes, named by {@link #mnemonic()}.
 *
 * <p>Every transformation and backend works on {@link #expand} unless a more specific hook says
 * otherwise.
 */
public non-sealed interface Custom extends Op {

  /** The op in terms of others; must be pure and give results of {@link #typeOf}'s types. */
  List<Tensor> expand(List<Tensor> inputs);

  /**
   * {@link #expand} traced into a graph, for operands of these types.
   *
   * @throws GraphException when the expansion's types are not those of {@link #typeOf}, or when it
   *     uses a traced value that is not one of its operands
   */
  default Graph expansion(List<TensorType> types) {
    Trace trace = new Trace(mnemonic());
    List<Tensor> in = types.stream().<Tensor>map(t -> trace.input(t, Role.INPUT, "")).toList();
    List<Value> outs = trace.run(() -> expand(in).stream().map(trace::lift).toList());
    Graph g = trace.build(outs);
    if (!trace.captures().isEmpty()) {
      throw new GraphException(
          mnemonic()
              + ": the expansion uses a traced value that is not an operand; pass it as one");
    }
    if (!g.outTypes().equals(typeOf(types))) {
      throw new GraphException(
          mnemonic()
              + ": the expansion gives "
              + g.outTypes()
              + ", expected "
              + typeOf(types)
              + " as typeOf says");
    }
    return g;
  }
}
