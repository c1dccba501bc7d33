package dev.engram.online;

import dev.engram.RandomKey;
import dev.engram.RandomTensors;
import dev.engram.State;
import dev.engram.etrace.OnlineStep;
import dev.engram.etrace.RuleInput;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.state.StateSlot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The operands of a rule besides the model's states and its traces, in order. */
final class RuleInputs {
  private final List<RuleInput> inputs;

  /** Fixed random weights. */
  private final List<Tensor> feedback;

  /** Learned weights by name. */
  private final Map<String, State> synthesizer;

  private RuleInputs(
      List<RuleInput> inputs, List<Tensor> feedback, Map<String, State> synthesizer) {
    this.inputs = inputs;
    this.feedback = List.copyOf(feedback);
    this.synthesizer = synthesizer;
  }

  /**
   * @param key for feedback weights
   * @param synthesizer the weights learned before; empty to start at zero
   */
  static RuleInputs of(OnlineStep step, RandomKey key, Map<String, State> synthesizer) {
    List<RuleInput> inputs = step.inputs();
    List<RandomKey> keys = key.split(Math.max(1, inputs.size()));
    List<Tensor> fixed = new ArrayList<>();
    Map<String, State> learned = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      RuleInput in = inputs.get(i);
      switch (in.kind()) {
        case FEEDBACK -> {
          Tensor b = RandomTensors.normal(keys.get(i), in.type().shape(), in.type().dtype());
          fixed.add(b.mul(1 / Math.sqrt(in.type().shape().dim(0))));
        }
        case SYNTHESIZER -> {
          State s = State.of(State.Kind.PARAMETER, () -> HostTensor.full(in.type(), 0));
          // Shared by all examples, even when the learner is made inside vmapNewStates.
          StateSlot.of(s).store(new StateSlot.Cell(HostTensor.full(in.type(), 0), 0));
          learned.put(in.name(), s);
        }
        case MODULATOR -> {}
      }
    }
    return new RuleInputs(inputs, fixed, synthesizer.isEmpty() ? learned : synthesizer);
  }

  List<Tensor> feedback() {
    return feedback;
  }

  Map<String, State> synthesizer() {
    return synthesizer;
  }

  /** Returns one value for each operand. */
  List<Tensor> values(Optional<Tensor> modulator) {
    List<Tensor> out = new ArrayList<>();
    for (RuleInput in : inputs) {
      out.add(
          switch (in.kind()) {
            case FEEDBACK -> feedback.get(out.size());
            case SYNTHESIZER -> synthesizer.get(in.name()).value();
            // Without a modulator, nothing is learned through traces.
            case MODULATOR -> modulator.orElseGet(() -> HostTensor.full(in.type(), 0));
          });
    }
    return out;
  }
}
