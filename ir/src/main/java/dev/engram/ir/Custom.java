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
}
