package dev.engram.tests.profile;

import dev.engram.CompiledGraph;
import dev.engram.Compiler;
import dev.engram.TracedFunction;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.lower.inspect.FusionReport;
import dev.engram.tests.build.Needs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** A function of tensors, compiled by one backend under a name of its own. */
record Traced(String name, CompiledGraph code, List<HostTensor> in) {
  static Traced of(
      String name, String backend, Function<List<Tensor>, Object> f, HostTensor... in) {
    if (backend.equals("card")) {
      Needs.cppCompiler();
    }
    TracedFunction traced =
        TracedFunction.of(
            name,
            args -> f.apply(args.stream().map(a -> (Tensor) a).toList()),
            List.of((Object[]) in));
    List<HostTensor> all = new ArrayList<>(List.of(in));
    // The order of prints is a parameter, too.
    List<TensorType> types = traced.graph().paramTypes();
    types.subList(in.length, types.size()).forEach(t -> all.add(HostTensor.full(t, 0)));
    return new Traced(name, new Compiler(backend).compile(traced.graph()), all);
  }

  static HostTensor ones(int... dims) {
    return HostTensor.full(TensorType.of(DType.F32, dims), 1);
  }

  void run(int times) {
    for (int i = 0; i < times; i++) {
      code.run(in);
    }
  }

  FusionReport report() {
    return FusionReport.of(code.loops().orElseThrow());
  }

  /** What its report says of each nest that runs, times {@code runs}. */
  Map<Integer, Long> expected(long runs, ToLongFunction<FusionReport.Row> of) {
    Map<Integer, Long> all = new TreeMap<>();
    List<FusionReport.Row> rows = report().rows();
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i).runs() > 0) {
        all.put(i, runs * of.applyAsLong(rows.get(i)));
      }
    }
    return all;
  }
}
