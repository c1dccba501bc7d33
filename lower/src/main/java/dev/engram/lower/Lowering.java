package dev.engram.lower;

import dev.engram.ir.Graph;
import dev.engram.ir.Verification;
import dev.engram.ir.checks.Given;
import dev.engram.lower.emit.GraphEmitter;
import dev.engram.lower.emit.LoopProgramBuilder;
import dev.engram.lower.emit.StridedView;
import dev.engram.lower.fuse.FusionPlan;
import dev.engram.lower.inspect.ProgramVerifier;
import dev.engram.lower.memory.ArenaPlan;
import dev.engram.lower.memory.InPlaceUpdates;
import dev.engram.lower.memory.InPlaceValues;
import dev.engram.lower.prepare.Prepare;
import dev.engram.lower.split.SplitLoops;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Lowers graphs to loop programs. */
public final class Lowering {
  private Lowering() {}

  /**
   * Returns the loops that compute {@code g}, with every buffer's place decided.
   *
   * @throws LoweringException when {@code g} still contains a {@link
   *     dev.engram.ir.op.Control.Transposed}
   */
  public static LoopProgram lower(Graph g) {
    return lower(g, List.of());
  }

  /**
   * The same, with results that are next values of parameters written over these where that is
   * safe: an output of the program is then the input itself.
   */
  public static LoopProgram lower(Graph g, List<Update> updates) {
    return lower(g, updates, LoweringOptions.standard());
  }

  /** The same, for another machine. */
  public static LoopProgram lower(Graph g, List<Update> updates, LoweringOptions options) {
    Given.given("Lowering.lower", "g", g);
    Given.all("Lowering.lower", "updates", updates);
    Given.given("Lowering.lower", "options", options);
    Graph ready = Prepare.prepare(g, options);
    LoopProgramBuilder target = new LoopProgramBuilder();
    GraphEmitter emitter = new GraphEmitter(new FusionPlan(ready, options), target);
    List<Integer> inputs = new ArrayList<>();
    for (int i = 0; i < ready.params().size(); i++) {
      int b = target.buffer(ready.params().get(i).type(), new LoopBuffer.Place.Input(i));
      inputs.add(b);
      emitter.bind(
          ready.params().get(i), StridedView.dense(b, ready.params().get(i).type().shape()));
    }
    List<Integer> outputs = new ArrayList<>();
    for (int i = 0; i < ready.outs().size(); i++) {
      int b = target.buffer(ready.outs().get(i).type(), new LoopBuffer.Place.Output(i));
      outputs.add(b);
      emitter.deliver(i, StridedView.dense(b, ready.outs().get(i).type().shape()));
    }
    emitter.emit();
    List<Stmt> split = SplitLoops.split(target, target.steps(), options);
    List<Stmt> steps = InPlaceUpdates.order(split, inputs, outputs, updates);
    Set<Integer> updated = new HashSet<>();
    updates.forEach(u -> updated.add(outputs.get(u.output())));
    InPlaceValues memory = InPlaceValues.of(target, steps, updated);
    ArenaPlan plan = ArenaPlan.plan(g.name(), target, steps, memory, options);
    LoopProgram planned =
        new LoopProgram(g.name(), plan.buffers(), inputs, outputs, steps, plan.arenaBytes());
    LoopProgram program = InPlaceUpdates.apply(memory.merged(planned), updates);
    return Verification.on() ? ProgramVerifier.verify(program) : program;
  }
}
