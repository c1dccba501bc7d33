package dev.engram;

import dev.engram.ir.HostTensor;
import java.util.List;

/** A compiled graph. */
public interface Executable {

  /** Runs on one tensor for each parameter of the graph; gives one for each result. */
  List<HostTensor> run(List<HostTensor> args);
}
