package dev.engram.cli.doctor;

import dev.engram.cli.text.JsonObject;
import java.util.Map;

/** Writes a diagnosis as JSON for scripts. */
final class DiagnosisJson {
  private DiagnosisJson() {}

  static JsonObject of(Diagnosis d) {
    Machine m = d.machine();
    JsonObject out =
        new JsonObject()
            .put("engram", m.engram())
            .put("java", m.java())
            .put("vendor", m.vendor())
            .put("vm", m.vm())
            .put("home", m.home())
            .put("os", m.os())
            .put("arch", m.arch())
            .put("processors", m.processors())
            .put("heapBytes", m.heap());
    m.memory().ifPresent(bytes -> out.put("memoryBytes", bytes));
    return out.put("properties", object(m.properties()))
        .put("missingFlags", d.flags().stream().map(DiagnosisJson::flag).toList())
        .put("default", d.standard())
        .put("backends", d.backends().stream().map(DiagnosisJson::backend).toList())
        .texts("providerFailures", d.failures())
        .texts("problems", d.problems())
        .put("well", d.problems().isEmpty());
  }

  private static JsonObject object(Map<String, String> texts) {
    JsonObject out = new JsonObject();
    texts.forEach(out::put);
    return out;
  }

  private static JsonObject flag(JvmFlag f) {
    return new JsonObject().put("flag", f.flag()).put("without", f.without());
  }

  private static JsonObject backend(BackendState b) {
    JsonObject out = new JsonObject().put("name", b.name()).put("facts", object(b.facts()));
    b.unavailable().ifPresent(why -> out.put("unavailable", why));
    return out.put("devices", b.devices().stream().map(DiagnosisJson::device).toList());
  }

  private static JsonObject device(BackendState.DeviceState d) {
    JsonObject out = new JsonObject().put("name", d.name()).put("facts", object(d.facts()));
    return switch (d.outcome()) {
      case Outcome.Works w ->
          out.put("works", true)
              .put("compileSeconds", w.compileNanos() / 1e9)
              .put("runSeconds", w.runNanos() / 1e9);
      case Outcome.Fails f -> out.put("works", false).put("error", f.message());
    };
  }
}
