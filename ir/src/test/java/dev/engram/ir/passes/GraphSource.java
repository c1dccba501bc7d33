package dev.engram.ir.passes;

import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import java.util.random.RandomGenerator;

/** Where property tests take their programs from. */
interface GraphSource {
  Graph graph(RandomGenerator random);

  /** An argument that meets the edge cases of its type. */
  HostTensor argument(TensorType type, RandomGenerator random);
}
