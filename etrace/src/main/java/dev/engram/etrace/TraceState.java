package dev.engram.etrace;

import dev.engram.ir.TensorType;

/**
 * An eligibility trace that a rule carries from step to step; zero before the first.
 *
 * @param path of the weight, or of the weights it is made of joined by {@code +}
 * @param group index of the hidden group
 * @param state position of the hidden state in the group
 * @param type see {@link Report}; for a dense weight {@code [in, out]} with one example {@code [in,
 *     out]}
 */
public record TraceState(String path, int group, int state, TensorType type) {

  /** {@code rnn.Wz.weight.g0.s0}. */
  public String name() {
    return path + ".g" + group + ".s" + state;
  }
}
