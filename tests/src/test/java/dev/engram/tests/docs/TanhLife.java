package dev.engram.tests.docs;

import dev.engram.Engram;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.TracedFunction;
import dev.engram.autodiff.Batch;
import dev.engram.autodiff.Linearize;
import dev.engram.autodiff.Linearized;
import dev.engram.autodiff.Vjp;
import dev.engram.backend.cpu.CpuBackend;
import dev.engram.backend.cpu.CpuOptions;
import dev.engram.backend.cuda.text.CudaText;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.etrace.OnlineStep;
import dev.engram.examples.LeakyCell;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Control;
import dev.engram.ir.passes.Pipeline;
import dev.engram.ir.text.Printer;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.inspect.LoopPrinter;
import dev.engram.online.DRtrl;
import dev.engram.online.Learner;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The listings of "The life of a tanh": one op of {@link LeakyCell}, stage after stage. */
final class TanhLife {
  private static final int BATCH = 8;

  private final LeakyCell cell = new LeakyCell(2, 3, RandomKey.of(0));
  private final Graph tanh = traced("tanh", x -> x.tanh(), zeros(3));
  private final OnlineStep online = online();
  private final Graph step = Pipeline.standard().run(step());
  private final LoopProgram loops = Lowering.lower(step);

  /** By name, in the order of the document. */
  Map<String, Supplier<String>> parts() {
    Map<String, Supplier<String>> parts = new LinkedHashMap<>();
    parts.put(
        "cell",
        () ->
            Sources.body(
                "examples/src/main/java/dev/engram/examples/LeakyCell.java",
                "public Tensor update(Tensor x) {"));
    parts.put("traced", () -> text(traced("update", cell::update, zeros(2))));
    parts.put("row", TanhLife::row);
    parts.put("linearized", this::linearized);
    parts.put("transposed", () -> Printer.print(Vjp.of(tanh, List.of(true))));
    parts.put("batched", () -> Printer.print(Batch.of(tanh, List.of(true), BATCH).graph()));
    parts.put("relations", () -> online.report().toString());
    parts.put("trace", () -> text(Pipeline.standard().run(online.call().body())));
    parts.put("rule", () -> text(Pipeline.standard().run(backward())));
    parts.put("simplified", () -> text(step));
    parts.put("loops", () -> LoopPrinter.print(loops));
    parts.put("bytecode", this::bytecode);
    parts.put("cuda", this::cuda);
    return parts;
  }

  private static String text(Graph g) {
    return Printer.print(g, Printer.Style.DUMP);
  }

  private static Tensor zeros(int... dims) {
    return HostTensor.full(TensorType.of(DType.F32, dims), 0);
  }

  private Graph traced(String name, java.util.function.UnaryOperator<Tensor> f, Tensor example) {
    cell.initAllStates();
    cell.states();
    return TracedFunction.of(name, args -> f.apply((Tensor) args.getFirst()), List.of(example))
        .graph();
  }

  private OnlineStep online() {
    Learner<Tensor, Tensor> learner = new DRtrl<>(cell, _ -> {});
    cell.initAllStates();
    learner.compileGraph(zeros(2));
    return learner.onlineStep();
  }

  private Graph backward() {
    return ((Control.Derivative.Vjp) online.call().derivative()).backward();
  }

  /** The gradient of one step's loss for a batch, by the rule. */
  private Graph step() {
    LeakyCell batched = new LeakyCell(2, 3, RandomKey.of(0));
    Learner<Tensor, Tensor> learner =
        Learner.compile(batched, m -> new DRtrl<>(m, _ -> {}), zeros(BATCH, 2));
    States weights = batched.states().subset(State.Kind.PARAMETER);
    return TracedFunction.of(
            "step",
            args ->
                Engram.grad(() -> learner.call((Tensor) args.getFirst()).square().mean(), weights)
                    .apply(),
            List.of(zeros(BATCH, 2)))
        .graph();
  }

  private static String row() {
    String text = Sources.read("ir/src/main/java/dev/engram/ir/op/Rows.java");
    int name = text.indexOf(" TANH =");
    int from = text.lastIndexOf('\n', name) + 1;
    return text.substring(from, text.indexOf(";\n", name) + 1).stripIndent();
  }

  private String linearized() {
    Linearized l = Linearize.of(tanh, List.of(true));
    return Printer.print(l.primal()) + "\n" + Printer.print(l.tangent());
  }

  /** The scalar code from where the tanh has been computed to the end of the loop. */
  private String bytecode() {
    CpuOptions scalar = new CpuOptions(1, CpuOptions.Vectors.OFF);
    String all = new CpuBackend(scalar).compile(loops).disassemble();
    String nest = all.substring(all.indexOf("tanh"));
    nest = nest.substring(0, nest.indexOf("\nnest "));
    int from = nest.lastIndexOf("Float.intBitsToFloat");
    int to = nest.indexOf(" return\n", from);
    return nest.substring(nest.lastIndexOf('\n', from) + 1, nest.lastIndexOf('\n', to));
  }

  /** The kernel with the tanh, from where the product has been computed. */
  private String cuda() {
    String all = CudaText.of(loops, TextOptions.standard().withoutCooperation()).text();
    int tanh = all.indexOf("= tanh_f32(");
    int loop = all.lastIndexOf("for (int p ", tanh);
    int from = all.lastIndexOf('\n', loop) + 1;
    return all.substring(from, all.indexOf("\n  }\n}\n", from)).stripIndent();
  }
}
