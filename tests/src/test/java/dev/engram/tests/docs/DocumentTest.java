package dev.engram.tests.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.cli.inspect.Opt;
import dev.engram.cli.terminal.ResultStream;
import dev.engram.cli.terminal.Terminal;
import dev.engram.examples.FirstSteps;
import dev.engram.examples.Guide;
import dev.engram.examples.Serving;
import dev.engram.examples.Transformations;
import dev.engram.examples.Watching;
import dev.engram.ir.passes.Pass;
import dev.engram.ir.passes.Pipeline;
import dev.engram.testkit.Bless;
import dev.engram.tests.cuda.FormReportTest;
import dev.engram.tests.online.Memory;
import dev.engram.tests.online.Stacked;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Checks the documents: listings match the code's output, links have targets. */
class DocumentTest {
  private static final String EXAMPLE =
      "examples/src/main/java/dev/engram/examples/FirstSteps.java";

  private static void check(String document, Map<String, Supplier<String>> parts)
      throws IOException {
    String is = Sources.read(document);
    Bless.fromSettings().check(Sources.ROOT.resolve(document), is, Snippets.fill(is, parts));
  }

  @Test
  void readme() throws IOException {
    check(
        "README.md",
        Map.of(
            "example",
            () -> Sources.body(EXAMPLE, "public static void main(String[] args) {"),
            "output",
            () -> output(FirstSteps::main)));
  }

  @Test
  void lookingInside() throws IOException {
    String example = "examples/src/main/java/dev/engram/examples/Watching.java";
    check(
        "docs/INSPECT.md",
        Map.of(
            "watching",
            () ->
                Sources.lines(example, "  /** Newton's square root", "}")
                    .replaceFirst("\n}$", "")
                    .stripIndent(),
            "watched",
            () -> output(Watching::main),
            "ruleTrace",
            DocumentTest::ruleTrace,
            "profile",
            () -> ProfileListing.of(Sources.read("docs/INSPECT.md"))));
  }

  @Test
  void cards() throws IOException {
    check("docs/CUDA.md", Map.of("forms", FormReportTest::listing));
  }

  @Test
  void threads() throws IOException {
    String example = "examples/src/main/java/dev/engram/examples/Serving.java";
    check(
        "docs/THREADS.md",
        Map.of(
            "serving",
            () ->
                Sources.lines(example, "    Linear trained = ", "    threads.shutdown();")
                    .stripIndent(),
            "served",
            () -> output(DocumentTest::serve)));
  }

  private static void serve(String[] args) {
    try {
      Serving.main(args);
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String ruleTrace() {
    String net =
        """
        graph @net(%x: f32[2,3], %w: f32[2,4]) -> f32[4,3] {
          %0: f32[3,2] = transpose{perm=[1,0]}(%x)               // Net.java:7
          %1: f32[3,4] = dot{lhsContract=[1], rhsContract=[0]}(%0, %w)   // Net.java:8
          %2: f32[4,3] = transpose{perm=[1,0]}(%1)               // Net.java:8
          %3: f32[4,3] = div(%2, 4.0)                            // Net.java:9
          %4: f32[4,3] = mul(%3, -1.0)                           // Net.java:9
          return %4
        }
        """;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      Path file = Files.createTempFile("net", ".ir");
      Files.writeString(file, net);
      ResultStream out = new ResultStream(bytes, StandardCharsets.UTF_8);
      Opt opt = new Opt(new Terminal(out, System.err, false, 100));
      int code = new CommandLine(opt).execute(file.toString(), "--trace");
      Files.delete(file);
      assertEquals(0, code);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** Every rule of every pass. */
  @Test
  void rewriteRules() throws IOException {
    check("docs/RULES.md", Map.of("rules", DocumentTest::rules));
  }

  private static String rules() {
    StringBuilder out = new StringBuilder("| pass | rule | what it does |\n|---|---|---|\n");
    for (Pass pass : Pipeline.standard().passes()) {
      for (Pass.Rule r : pass.rules()) {
        String says = r.says().replace("|", "\\|");
        out.append("| `%s` | `%s` | %s |\n".formatted(pass.name(), r.name(), says));
      }
    }
    return out.toString();
  }

  @Test
  void transformations() throws IOException {
    String example = "examples/src/main/java/dev/engram/examples/Transformations.java";
    String narrow = "examples/src/main/java/dev/engram/examples/SixteenBits.java";
    check(
        "docs/TRANSFORMATIONS.md",
        Map.of(
            "sixteenBits",
            () -> Sources.body(narrow, "public static void main(String[] args) {"),
            "transformations",
            () -> Sources.body(example, "public static void main(String[] args) {"),
            "output",
            () -> output(Transformations::main)));
  }

  private static String output(Consumer<String[]> main) {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(out);
      main.accept(new String[0]);
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void architecture() throws IOException {
    Map<String, Supplier<String>> parts = new TanhLife().parts();
    parts.put("mistakes", Mistakes::listing);
    check("docs/ARCHITECTURE.md", parts);
  }

  @Test
  void learning() throws IOException {
    check(
        "docs/LEARNING.md",
        Map.of(
            "traces", Memory::tracesListing,
            "sequences", Memory::sequenceListing,
            "stacked", Stacked::listing));
  }

  @Test
  void guide() throws IOException {
    String file = "examples/src/main/java/dev/engram/examples/Guide.java";
    check(
        "docs/GUIDE.md",
        Map.of(
            "model",
            () ->
                Sources.lines(file, "  /** What a machine reports", "  }")
                    + "\n\n"
                    + Sources.lines(file, "  /** The losses of one step", "  }"),
            "data",
            () -> Sources.lines(file, "  /** A batch: all", "  }"),
            "training",
            () -> Sources.lines(file, "  static void train(", "  }"),
            "serving",
            () -> Sources.lines(file, "  static void serve(", "  }"),
            "output",
            () -> output(DocumentTest::guideProgram)));
  }

  private static void guideProgram(String[] args) {
    try {
      Guide.main(args);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void catalogue() throws IOException {
    Catalogue nn = Catalogue.of("nn");
    Catalogue spiking = Catalogue.of("spiking");
    Catalogue online = Catalogue.of("online");
    Catalogue optim = Catalogue.of("optim");
    Catalogue loss = Catalogue.of("loss");
    Map<String, Supplier<String>> parts = new HashMap<>();
    parts.put("layers", () -> nn.subclasses("Layer", "Normalization"));
    parts.put("cells", () -> nn.subclasses("Cell"));
    parts.put("initializers", () -> nn.methods("Initializer"));
    parts.put("parametrizations", () -> nn.methods("Parametrization"));
    parts.put("activations", () -> nn.methods("Activations"));
    parts.put("neurons", () -> spiking.subclasses("Neuron", "PlainNeuron", "PeakNeuron"));
    parts.put("spiking", () -> spiking.subclasses("Synapse", "SynapticInput", "Layer"));
    parts.put("connectivity", () -> nn.methods("Connectivity"));
    parts.put("profiles", () -> nn.methods("Profile"));
    parts.put("membranes", () -> spiking.methods("Membrane"));
    parts.put("constants", () -> spiking.methods("Constant"));
    parts.put("delayKernels", () -> spiking.methods("DelayKernel"));
    parts.put("surrogates", () -> spiking.methods("Surrogate"));
    parts.put("encoders", () -> spiking.methods("Encoders"));
    parts.put("trains", () -> spiking.methods("SpikeTrains"));
    parts.put("learners", () -> online.subclasses("Learner", "PpProp"));
    parts.put("optimizers", () -> optim.subclasses("Optimizer", "MomentOptimizer"));
    parts.put(
        "wrappers",
        () ->
            optim.named(
                "ParameterGroups",
                "Lookahead",
                "Accumulation",
                "WeightAverage",
                "LossScale",
                "Plateau",
                "EarlyStopping",
                "OnlineTrainer"));
    parts.put("rates", () -> optim.methods("LearningRate"));
    parts.put("gradients", () -> optim.methods("GradientTransforms"));
    parts.put("losses", () -> loss.methods("Losses"));
    parts.put("penalties", () -> loss.methods("Penalties"));
    parts.put("metrics", () -> Catalogue.of("metric").subclasses("Metric"));
    parts.put("batchMetrics", () -> loss.methods("Metrics"));
    parts.put("random", () -> Catalogue.of("").methods("RandomTensors"));
    check("docs/CATALOGUE.md", parts);
  }

  private static Supplier<String> sample(String file) {
    return () -> Sources.type("extensions/src/main/java/" + file);
  }

  @Test
  void howToAddThings() throws IOException {
    check(
        "docs/add-an-op.md",
        Map.of(
            "activations", sample("org/example/ops/Activations.java"),
            "leakySum", sample("org/example/ops/LeakySum.java"),
            "labels", sample("org/example/ops/Labels.java"),
            "roundThrough", sample("org/example/ops/RoundThrough.java")));
    check(
        "docs/add-a-model.md",
        Map.of(
            "antisymmetricCell", sample("org/example/models/AntisymmetricCell.java"),
            "quadraticNeuron", sample("org/example/models/QuadraticNeuron.java"),
            "saturatingSynapse", sample("org/example/models/SaturatingSynapse.java")));
    check(
        "docs/add-an-optimizer.md",
        Map.of(
            "quasiHyperbolic", sample("org/example/optim/QuasiHyperbolic.java"),
            "triangular", sample("org/example/optim/Triangular.java"),
            "scaledIdentity", sample("org/example/optim/ScaledIdentity.java"),
            "raisedCosine", sample("org/example/optim/RaisedCosine.java")));
    check(
        "docs/add-a-rule.md",
        Map.of(
            "sparseSignal", sample("org/example/rules/SparseSignal.java"),
            "doubleExponential", sample("org/example/rules/DoubleExponential.java"),
            "presynapticTrace", sample("org/example/rules/PresynapticTrace.java")));
    check(
        "docs/add-a-pass.md",
        Map.of("divideByPowers", sample("org/example/passes/DivideByPowers.java")));
    check(
        "docs/add-a-backend.md",
        Map.of(
            "countingBackend",
            sample("org/example/backend/CountingBackend.java"),
            "moduleInfo",
            () -> Sources.read("extensions/src/main/java/module-info.java")));
  }

  @Test
  void staleListingsAreFoundAndReplaced() {
    String block = "a\n<!-- begin x -->\n```java\nold\n```\n<!-- end -->\nb\n";
    assertEquals(
        block.replace("old", "new $1"), Snippets.fill(block, Map.of("x", () -> "new $1\n\n")));
    assertThrows(AssertionError.class, () -> Snippets.fill(block, Map.of("y", () -> "")));
    assertThrows(
        AssertionError.class, () -> Snippets.fill(block, Map.of("x", () -> "", "y", () -> "")));
  }

  @Test
  void linksLeadToFiles() throws IOException {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path document : documents()) {
      Matcher m = Pattern.compile("\\]\\(([^)#]+)[^)]*\\)").matcher(Files.readString(document));
      while (m.find()) {
        links++;
        Path target = document.resolveSibling(m.group(1));
        boolean picture = m.group(1).endsWith(".png");
        if (!m.group(1).startsWith("http") && !picture && !Files.exists(target)) {
          broken.add(document.getFileName() + ": " + m.group(1));
        }
      }
    }
    assertEquals(List.of(), broken);
    assertTrue(links > 10, "found only " + links + " links");
  }

  private static List<Path> documents() throws IOException {
    try (Stream<Path> docs = Files.walk(Sources.ROOT.resolve("docs"))) {
      return Stream.concat(Stream.of(Sources.ROOT.resolve("README.md")), docs)
          .filter(f -> f.toString().endsWith(".md"))
          .sorted()
          .toList();
    }
  }
}
