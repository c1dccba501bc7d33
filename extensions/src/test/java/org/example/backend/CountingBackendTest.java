package org.example.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import org.junit.jupiter.api.Test;

class CountingBackendTest {
  @Test
  void countsKernelsAndRuns() {
    assertTrue(Compiler.backends().contains("counting"), "found by ServiceLoader");
    // One pass over memory for the maps, one for the fold of the transposed.
    Fn1<Tensor, Tensor> f = x -> x.exp().add(x).mul(x);
    Fn1<Tensor, Tensor> counted = Engram.jit(new Compiler("counting"), f);
    Tensor x = HostTensor.of(new double[] {1, 2, 3}, 3);
    CountingBackend.Counts counts = CountingBackend.counts();
    long kernels = counts.kernels().sum();
    long runs = counts.runs().sum();
    double[] got = counted.apply(x).host().toDoubles();
    assertEquals(1, counts.kernels().sum() - kernels, "fused into one");
    assertEquals(1, counts.runs().sum() - runs);
    counted.apply(x);
    counted.apply(x);
    assertEquals(3, counts.runs().sum() - runs);
    assertEquals(1, counts.kernels().sum() - kernels, "compiled once");
    assertArrayEquals(Engram.jit(f).apply(x).host().toDoubles(), got);
    Fn1<Tensor, Tensor> two = x2 -> x2.sub(x2.max(-1).expandDims(0)).exp();
    Engram.jit(new Compiler("counting"), two).apply(x);
    assertEquals(3, counts.kernels().sum() - kernels, "a fold and what needs its result");
  }
}
