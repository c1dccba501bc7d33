package dev.engram.tests.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.testkit.Bless;
import dev.engram.tests.notebook.Notebook.Cell;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/**
 * The notebooks run cell by cell and print what is stored in them, to the last digit. With {@code
 * -Dengram.bless=true} what they print and draw is stored.
 */
class NotebookTest {
  private static final Path ROOT = Path.of(System.getProperty("engram.root"));
  private static final String HEADLESS = "-Djava.awt.headless=true";
  private static final String VECTORS = "--add-modules=jdk.incubator.vector";

  static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  @Test
  void onlineLearning() throws IOException {
    Path file = ROOT.resolve("examples/notebooks/online_learning.ipynb");
    Notebook notebook = Notebook.read(file);
    List<Cell> cells = notebook.code();
    Bless bless = Bless.fromSettings();
    List<String> printed = new ArrayList<>();
    try (Shell shell = new Shell(classPath(), HEADLESS, VECTORS)) {
      for (int i = 0; i < cells.size(); i++) {
        Cell cell = cells.get(i);
        Shell.Result result = shell.run(cell.source());
        int number = i + 1;
        assertTrue(
            result.failure().isEmpty(), () -> "cell " + number + ": " + result.failure().get());
        if (bless.on()) {
          cell.store(number, result);
        }
        assertEquals(cell.text(), result.printed(), "cell " + number);
        // Fonts differ from machine to machine, and so do pictures.
        assertEquals(sizes(cell.pictures()), sizes(result.picture().stream().toList()));
        printed.add(result.printed());
      }
    }
    if (bless.on()) {
      bless.check(file, Files.readString(file), notebook.text());
    }
    assertEquals(1, cells.stream().mapToInt(c -> c.pictures().size()).sum());
    assertTrue(printed.stream().anyMatch(p -> p.contains("step 150, loss 2.0")), printed::toString);
    assertTrue(loss(printed.getLast(), 2000) < 0.1 * loss(printed.getLast(), 500));
  }

  private static double loss(String printed, int steps) {
    return printed
        .lines()
        .filter(l -> l.startsWith("steps to " + steps + ":"))
        .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> sizes(List<String> pictures) throws IOException {
    List<String> sizes = new ArrayList<>();
    for (String png : pictures) {
      BufferedImage image =
          ImageIO.read(new ByteArrayInputStream(Base64.getMimeDecoder().decode(png)));
      sizes.add(image.getWidth() + " × " + image.getHeight());
    }
    return sizes;
  }

  @Test
  void errorsNameSnippetAndLine() {
    try (Shell shell = new Shell(classPath())) {
      shell.run("import dev.engram.*;\nimport dev.engram.ir.*;\nimport dev.engram.nn.*;");
      shell.run("Tensor a = HostTensor.of(new float[] {1, 2, 3}, 3);");
      shell.run("Tensor b = HostTensor.of(new float[] {1, 2}, 2);");
      shell.run("Tensor f(Tensor x) {\n  Tensor y = x.tanh();\n  return y.add(b);\n}");
      ends("(JShell f:3)", shell.run("f(a)"));
      ends("(JShell f:3)", shell.run("\n\nEngram.jit((Tensor x) -> f(x)).apply(a)"));
      ends("(JShell:2)", shell.run("a\n  .add(b)"));
      ends("(JShell:3)", shell.run("Engram.jit((Tensor x) ->\n    x\n        .add(b)).apply(a)"));
      shell.run(
          """
          class Net extends Layer {
            private final Linear readout = new Linear(3, 2, RandomKey.of(1));

            @Override
            public Tensor update(Tensor x) {
              return readout.update(x).add(a);
            }
          }
          """);
      ends("(JShell Net:6)", shell.run("new Net().update(a)"));
      ends(
          "(JShell:3)",
          shell.run(
              """
              Runnable r = new Runnable() {
                public void run() {
                  a.add(b);
                }
              };
              r.run()
              """));
      // Imports move the lines of the class that JShell makes, and so does a second declaration.
      shell.run("import java.time.*;\nimport java.text.*;");
      shell.run("Tensor f(Tensor x) {\n\n\n  return x.add(b);\n}");
      ends("(JShell f:4)", shell.run("int unused = 1;\nf(a)"));
      assertTrue(shell.run("f(b)").failure().isEmpty());
    }
  }

  private static void ends(String place, Shell.Result result) {
    String message = result.failure().orElseThrow();
    assertTrue(message.startsWith("dev.engram.ir.TypeException: add: operand 1"), message);
    assertTrue(message.endsWith(place), message);
    assertFalse(message.contains("$"), message);
  }
}
