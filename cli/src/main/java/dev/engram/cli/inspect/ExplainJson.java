package dev.engram.cli.inspect;

import dev.engram.cli.option.Words;
import dev.engram.cli.text.JsonObject;
import dev.engram.etrace.Cost;
import dev.engram.etrace.Exactness;
import dev.engram.etrace.OnlineStep;
import dev.engram.etrace.Report;

/** Writes {@link OnlineStep#explain}, how a model learns online, as JSON for scripts. */
final class ExplainJson {
  private ExplainJson() {}

  static JsonObject of(OnlineStep step) {
    Report report = step.report();
    Cost cost = step.cost();
    return new JsonObject()
        .put("rule", step.rule().words())
        .put(
            "groups",
            report.groups().stream()
                .map(g -> new JsonObject().put("index", g.index()).texts("states", g.paths()))
                .toList())
        .put(
            "relations",
            report.relations().stream()
                .map(
                    r ->
                        new JsonObject()
                            .texts("weights", r.weights())
                            .texts("states", r.hidden())
                            .put("op", r.op())
                            .put("partial", r.partial())
                            .put("where", r.where().toString()))
                .toList())
        .put(
            "excluded",
            report.excluded().stream()
                .map(
                    e ->
                        new JsonObject()
                            .texts("weights", e.weights())
                            .put("reason", e.reason().words())
                            .put("where", e.where().toString()))
                .toList())
        .put("gradients", report.gradients().stream().map(ExplainJson::gradient).toList())
        .put(
            "traces",
            step.traces().stream()
                .map(
                    t ->
                        new JsonObject()
                            .put("name", t.name())
                            .put("kind", Words.of(t.kind()))
                            .put("type", t.type().toString())
                            .put("bytes", t.type().bytes()))
                .toList())
        .put(
            "cost",
            new JsonObject()
                .put("traceBytes", cost.traceBytes())
                .put("modelOperations", cost.modelOperations())
                .put("traceOperations", cost.traceOperations())
                .put("gradientOperations", cost.gradientOperations()));
  }

  private static JsonObject gradient(Exactness g) {
    return new JsonObject()
        .put("weight", g.weight())
        .put("exact", g instanceof Exactness.Exact)
        .put("text", g.toString());
  }
}
