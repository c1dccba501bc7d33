package dev.engram.tests.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
  private static final Path FOLDER =
      Path.of(System.getProperty("engram.shared", "../../shared"), "golden");

  /** All cases of a rule; fails when there are none. */
  static List<GoldenCase> ofRule(String algorithm) {
    Path index = FOLDER.resolve("index.json");
    if (!Files.exists(index)) {
      throw new AssertionError(
          "no reference vectors at "
              + index
              + "; set -Dengram.shared to the folder that holds golden/");
    }
    try {
      List<GoldenCase> found = new ArrayList<>();
      for (JsonNode c : new ObjectMapper().readTree(index.toFile())) {
        if (c.get("algorithm").asText().equals(algorithm)) {
          found.add(new GoldenCase(c, Safetensors.read(FOLDER.resolve(c.get("file").asText()))));
        }
      }
      if (found.isEmpty()) {
        throw new AssertionError("no case of " + algorithm + " in " + index);
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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

  /** Our path of a weight leaf: the reference keeps weight and bias in one {@code weight} state. */
  static String ourPath(String leaf) {
    return leaf.replaceFirst("\\.weight\\.(weight|bias)$", ".$1");
  }

  @Override
  public String toString() {
    return index.get("file").asText();
  }
}
