package dev.engram.ir;

import java.util.List;

/** The meaning of the IR: plain loops over elements in f64, and the oracle of everything below it. */
public final class Interpreter {
  private Interpreter() {}

  /** Runs {@code g} on {@code args}, one for each parameter. */
  public static List<HostTensor> run(Graph g, List<HostTensor> args) {
    throw new UnsupportedOperationException("being written");
  }

  /** Runs one op. {@code where} goes into the errors of the run. */
  public static List<HostTensor> eval(Op op, List<HostTensor> in, Where where) {
    throw new UnsupportedOperationException("being written");
  }
}
