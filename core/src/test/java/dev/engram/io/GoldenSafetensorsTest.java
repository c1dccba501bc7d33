package dev.engram.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Golden;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files written by the reference implementation of the format. */
class GoldenSafetensorsTest {
  private static List<Path> files;

  @TempDir Path folder;

  @BeforeAll
  static void listFiles() throws IOException {
    try (Stream<Path> all = Files.list(Golden.FOLDER)) {
      files = all.filter(path -> path.toString().endsWith(".safetensors")).sorted().toList();
    }
  }

  @Test
  void allFilesAreReadAndComeBackTheSame() throws IOException {
    assertTrue(files.size() > 50, "golden files: " + files.size());
    for (Path file : files) {
      Safetensors read = Safetensors.read(file);
      Path copy = folder.resolve(file.getFileName());
      read.write(copy);
      Safetensors again = Safetensors.read(copy);
      assertEquals(read.metadata(), again.metadata());
      SafetensorsTest.assertSame(read.entries(), again.entries());
    }
  }

  /** {@code losses[t] = mean_b (log Σ_c exp(outputs[t,b,c]) - outputs[t,b,targets[t,b]])}. */
  @Test
  void valuesMeanWhatTheirDescriptionSays() throws IOException {
    Safetensors file = Safetensors.read(Golden.FOLDER.resolve("vanilla-d_rtrl.safetensors"));
    Safetensors.Entry outputs = file.entry("outputs");
    int steps = (int) outputs.shape()[0];
    int batch = (int) outputs.shape()[1];
    int classes = (int) outputs.shape()[2];
    double[] y = outputs.data().toArray(ValueLayout.JAVA_DOUBLE);
    long[] targets = file.entry("targets").data().toArray(ValueLayout.JAVA_LONG);
    double[] losses = new double[steps];
    for (int t = 0; t < steps; t++) {
      for (int b = 0; b < batch; b++) {
        int row = (t * batch + b) * classes;
        double sum = 0;
        for (int c = 0; c < classes; c++) {
          sum += Math.exp(y[row + c]);
        }
        losses[t] += (Math.log(sum) - y[row + (int) targets[t * batch + b]]) / batch;
      }
    }
    assertArrayEquals(losses, file.entry("losses").data().toArray(ValueLayout.JAVA_DOUBLE), 1e-12);
  }
}
