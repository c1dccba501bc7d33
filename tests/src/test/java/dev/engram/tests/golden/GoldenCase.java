package dev.engram.tests.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.etrace.Factorization;
import dev.engram.etrace.Rule;
import dev.engram.io.Safetensors;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One case of the reference vectors. */
record GoldenCase(JsonNode index, Safetensors data) {
  private static final Path FOLDER = Path.of(System.getProperty("engram.root", ".."), "golden");

  private static final List<GoldenCase> ALL = read();

  /** All cases; fails when there are none. */
  static List<GoldenCase> all() {
    return ALL;
  }

  private static List<GoldenCase> read() {
    Path index = FOLDER.resolve("index.json");
    if (!Files.exists(index)) {
      throw new AssertionError(
          "no reference vectors at " + index + "; set -Dengram.root to the checkout");
    }
    try {
      List<GoldenCase> found = new ArrayList<>();
      for (JsonNode c : new ObjectMapper().readTree(index.toFile())) {
        found.add(new GoldenCase(c, Safetensors.read(FOLDER.resolve(c.get("file").asText()))));
      }
      if (found.size() < 58) {
        throw new AssertionError(
            "got " + found.size() + " cases in " + index + ", expected at least 58");
      }
      return List.copyOf(found);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String algorithm() {
    return index.get("algorithm").asText();
  }

  /** The rule with the options of this case. */
  Rule rule() {
    JsonNode options = index.get("options");
    return switch (algorithm()) {
      case "d_rtrl" -> Rule.dRtrl();
      case "pp_prop_0.9" ->
          Rule.ppProp(Factorization.InputOutput.decay(options.get("decay_or_rank").asDouble()));
      case "pp_prop_rank5" ->
          Rule.ppProp(Factorization.InputOutput.rank(options.get("decay_or_rank").asInt()));
      case "eprop_k0.8" -> Rule.eProp(options.get("kappa_filter_decay").asDouble());
      case "ostl_recurrent" -> Rule.ostlRecurrent();
      case "ostl_feedforward" -> Rule.ostlFeedforward();
      case "snap2" -> Rule.snAp(options.get("n").asInt());
      default -> throw new AssertionError("unknown rule " + algorithm());
    };
  }

  String model() {
    return index.get("model").asText();
  }

  int size(String name) {
    return index.get(name).asInt();
  }

  boolean has(String name) {
    return data.entries().stream().anyMatch(e -> e.name().equals(name));
  }

  /** Names that start with {@code prefix}, without it. */
  List<String> names(String prefix) {
    return data.entries().stream()
        .map(Safetensors.Entry::name)
        .filter(n -> n.startsWith(prefix))
        .map(n -> n.substring(prefix.length()))
        .toList();
  }

  /** A tensor of the file, floats in {@code dtype}. */
  HostTensor tensor(String name, DType dtype) {
    Safetensors.Entry e = data.entry(name);
    Shape shape = Shape.of(Arrays.stream(e.shape()).mapToInt(Math::toIntExact).toArray());
    DType own = DType.valueOf(e.dtype());
    HostTensor t = HostTensor.allocate(new TensorType(own, shape));
    t.segment().copyFrom(e.data());
    return own == DType.F64 ? (HostTensor) t.cast(dtype) : t;
  }

  /**
   * Engram's path of a weight leaf: the reference has weight and bias in one {@code weight} state.
   */
  static String ourPath(String leaf) {
    return leaf.replaceFirst("\\.weight\\.(weight|bias)$", ".$1");
  }

  /** Engram's path of a hidden state: spiking neurons are a part of their layer. */
  static String ourState(String path) {
    return path.replaceFirst("\\.([va])$", ".neuron.$1");
  }

  @Override
  public String toString() {
    return index.get("file").asText();
  }
}
