package dev.engram.etrace;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A model's step, op by op. */
final class Steps {
  /** The user's line that every op says it comes from. */
  static final SourceLocation LINE = new SourceLocation("Model.java", 7);

  private final Builder b = new Builder("step").at(LINE);
  private final Map<String, Tensor> next = new LinkedHashMap<>();
  private final List<Tensor> results = new ArrayList<>();

  private Tensor param(Role role, String path, int... dims) {
    return b.tracer(b.param(TensorType.of(DType.F64, dims), role, path));
  }

  Tensor input(int... dims) {
    return param(Role.INPUT, "", dims);
  }

  Tensor weight(String path, int... dims) {
    return param(Role.WEIGHT, path, dims);
  }

  Tensor hidden(String path, int... dims) {
    return param(Role.HIDDEN, path, dims);
  }

  Tensor other(String path, int... dims) {
    return param(Role.STATE, path, dims);
  }

  /** The new value of a state. */
  Steps set(String path, Tensor value) {
    next.put(path, value);
    return this;
  }

  Steps result(Tensor value) {
    results.add(value);
    return this;
  }

  /** {@code x}, by a call whose cotangent is the sum of the positions' cotangents at each. */
  Tensor mixingDerivative(Tensor x, TensorType type) {
    Builder same = new Builder("same");
    Value in = same.param(type, Role.INPUT, "");
    Value out = same.emit1(new Elementwise(Rows.NEG), in);
    Graph body = same.build(List.of(out));
    Builder back = new Builder("back");
    Tensor dy = back.tracer(back.param(type, Role.INPUT, ""));
    Graph backward = back.build(List.of(back.lift(dy.sum(0).broadcastTo(type.shape()).neg())));
    Control.Call call = new Control.Call(body, new Control.Derivative.Vjp(body, backward));
    return b.tracer(b.emit(call, List.of(b.lift(x))).getFirst());
  }

  ModelStep step() {
    List<Value> outs = new ArrayList<>();
    results.forEach(t -> outs.add(b.lift(t)));
    List<Integer> states = new ArrayList<>();
    next.forEach(
        (path, value) -> {
          states.add(index(path));
          outs.add(b.lift(value));
        });
    return new ModelStep(b.build(outs), results.size(), states);
  }

  private int index(String path) {
    List<Param> params = b.params();
    return IntStream.range(0, params.size())
        .filter(i -> params.get(i).path().equals(path))
        .findFirst()
        .orElseThrow();
  }

  OnlineStep online(Rule rule) {
    return OnlineRule.of(step(), rule);
  }

  Report report() {
    return online(Rule.dRtrl()).report();
  }
}
