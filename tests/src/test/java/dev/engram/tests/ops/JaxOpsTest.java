package dev.engram.tests.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.engram.CompiledGraph;
import dev.engram.Compiler;
import dev.engram.autodiff.Vjp;
import dev.engram.io.Safetensors;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Tensor;
import dev.engram.ir.Trace;
import dev.engram.ir.Value;
import dev.engram.ir.passes.CheckIndices;
import dev.engram.testkit.Close;
import dev.engram.tests.Everywhere;
import dev.engram.tests.jax.Vectors;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Structured ops and their derivatives against results of JAX, on every backend. */
class JaxOpsTest {
  private static final Vectors FILE = Vectors.of("/ops/jax.safetensors");

  private static HostTensor get(String name) {
    return FILE.get(name);
  }

  private static Stream<String> names() {
    return FILE.file().entries().stream().map(Safetensors.Entry::name);
  }

  private static boolean has(String name) {
    return names().anyMatch(name::equals);
  }

  @Test
  void everyVectorHasACase() {
    TreeSet<String> there = new TreeSet<>();
    names().forEach(n -> there.add(n.substring(0, n.indexOf('/'))));
    assertEquals(there, new TreeSet<>(JaxCases.all().keySet()));
  }

  @TestFactory
  Stream<DynamicTest> cases() {
    return JaxCases.all().entrySet().stream()
        .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> check(e.getKey(), e.getValue())));
  }

  static List<HostTensor> args(String name) {
    List<HostTensor> args = new ArrayList<>();
    for (int i = 0; has(name + "/" + i); i++) {
      args.add(get(name + "/" + i));
    }
    return args;
  }

  private static Graph trace(List<HostTensor> args, Function<List<Tensor>, Tensor> f) {
    Trace t = new Trace("case");
    List<Tensor> in = args.stream().<Tensor>map(a -> t.input(a.type(), Role.INPUT, "")).toList();
    List<Value> outs = t.run(() -> List.of(t.lift(f.apply(in))));
    return t.build(outs);
  }

  private static void check(String name, Function<List<Tensor>, Tensor> f) {
    List<HostTensor> args = args(name);
    HostTensor want = get(name + "/y");
    Close.check(name + " at once", f.apply(List.copyOf(args)).host(), want);
    Graph g = trace(args, f);
    for (String backend : Everywhere.names()) {
      CompiledGraph run = new Compiler(backend).compile(g);
      Close.check(name + " by " + backend, run.run(args).getFirst(), want);
    }
    Close.check(name + ": indices in range", checkingIndices(g, args).getFirst(), want);
    if (has(name + "/ct")) {
      gradients(name, g, args);
    }
  }

  /** No function relies on an index that is clamped or an update that is dropped. */
  private static List<HostTensor> checkingIndices(Graph g, List<HostTensor> args) {
    return new Compiler("interpreter").compile(CheckIndices.run(g)).run(args);
  }

  // vjp takes the operands and a cotangent, and returns the result and the cotangents of the floats
  private static void gradients(String name, Graph g, List<HostTensor> args) {
    List<Boolean> floats = args.stream().map(a -> a.dtype().isFloat()).toList();
    Graph back = Vjp.of(g, floats);
    List<HostTensor> all = new ArrayList<>(args);
    all.add(get(name + "/ct"));
    checkingIndices(back, all);
    for (String backend : Everywhere.names()) {
      List<HostTensor> outs = new Compiler(backend).compile(back).run(all);
      int next = 1;
      for (int i = 0; i < args.size(); i++) {
        if (floats.get(i)) {
          HostTensor want = get(name + "/grad" + i);
          Close.check(name + " grad " + i + " by " + backend, outs.get(next++), want);
        }
      }
    }
  }

  @Test
  void aWrongOpIsFound() {
    assertThrows(
        AssertionError.class, () -> check("conv1d", x -> x.get(0).conv(x.get(1).reverse(0))));
    assertThrows(
        AssertionError.class,
        () ->
            check(
                "conv1d",
                x ->
                    x.get(0)
                        .conv(x.get(1))
                        .stopGradient()
                        .add(x.get(0).sum().add(x.get(1).sum()).mul(0))));
  }
}
