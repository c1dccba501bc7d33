package dev.engram.ir.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.GraphEquality;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Var;
import dev.engram.ir.Verifier;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import dev.engram.ir.syntax.Literals;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;

/** Any text gives a graph or a {@link GraphParseException}; any other error fails these. */
class ParserProperties {
  private static final List<Graph> GRAPHS = SampleGraphs.all().toList();
  private static final List<String> TEXTS = GRAPHS.stream().map(Printer::print).toList();

  private static final List<String> PIECES =
      List.of(
          "graph",
          "@f",
          "(",
          ")",
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "=",
          "->",
          "return",
          "%x",
          "%0",
          "%1",
          "f32[2]",
          "i64[]",
          "bool[2147483647,2147483647]",
          "f32[2147483647,2147483647,3]",
          "1.0",
          "-1",
          "99999999999999999999",
          "nan",
          "nan(0x7fc00001)",
          "inf",
          "-inf",
          "true",
          "\"a\"",
          "\"\\u0000",
          "base64",
          "body",
          "onTrue",
          "forward",
          "derivative=vjp",
          "scan",
          "call",
          "cond",
          "const",
          "value=",
          "axes=[0,0]",
          "shape=[2]",
          "consts=2147483647",
          "carry=2147483647",
          "residuals=-1",
          "length=-1",
          "add",
          "dot",
          "// a.java:3",
          "//",
          "\n",
          "weight",
          "\0",
          "ü",
          "<",
          "-",
          "/");

  @Property(tries = 2000, seed = "2026")
  void anyBytes(@ForAll byte[] bytes) {
    parse(new String(bytes, StandardCharsets.UTF_8));
    parse("graph @f(" + new String(bytes, StandardCharsets.ISO_8859_1));
  }

  @Property(tries = 3000, seed = "2026")
  void anyTokens(@ForAll("pieces") List<String> pieces) {
    parse(String.join(" ", pieces));
    parse("graph @f(%x: f32[2]) -> f32[2] { " + String.join(" ", pieces));
  }

  @Provide
  Arbitrary<List<String>> pieces() {
    return Arbitraries.of(PIECES).list().ofMaxSize(40);
  }

  /** Some of them must still parse, or the round trip below would prove nothing. */
  @Property(tries = 3000, seed = "2026")
  @StatisticsReport(StatisticsReport.StatisticsReportMode.OFF)
  void changedTexts(@ForAll Random random, @ForAll @IntRange(min = 1, max = 4) int changes) {
    StringBuilder text = new StringBuilder(TEXTS.get(random.nextInt(TEXTS.size())));
    for (int i = 0; i < changes && !text.isEmpty(); i++) {
      int from = random.nextInt(text.length());
      int to = Math.min(text.length(), from + random.nextInt(6));
      switch (random.nextInt(4)) {
        case 0 -> text.delete(from, to);
        case 1 -> text.insert(from, PIECES.get(random.nextInt(PIECES.size())));
        case 2 -> text.insert(random.nextInt(text.length()), text.substring(from, to));
        default -> text.setCharAt(from, (char) random.nextInt(0x250));
      }
    }
    Optional<Graph> g = parse(text.toString());
    Statistics.collect(g.isPresent());
    Statistics.coverage(c -> c.check(true).percentage(p -> p > 2));
    g.ifPresent(ParserProperties::roundTrip);
  }

  @Property(tries = 1000, seed = "2026")
  void cutTexts(@ForAll Random random) {
    String text = TEXTS.get(random.nextInt(TEXTS.size()));
    String cut = text.substring(0, random.nextInt(text.stripTrailing().length()));
    assertTrue(parse(cut).isEmpty(), cut);
  }

  /** Bits of literals and tensors, the strange NaNs included. */
  @Property(tries = 500, seed = "2026")
  void literalsKeepTheirBits(@ForAll long bits, @ForAll DType dtype) {
    long fitting =
        switch (dtype) {
          case F32 -> bits & 0xFFFFFFFFL;
          case F16, BF16 -> bits & 0xFFFFL;
          case BOOL -> bits & 1;
          case I8, I16, I32, I64, U8 -> dtype.ofLong(bits);
          case F64 -> bits;
        };
    String text = Literals.text(dtype, fitting);
    assertEquals(Optional.of(fitting), Literals.bits(dtype, text), text);
    Builder b = new Builder("f");
    Lit lit = new Lit(TensorType.of(dtype, 2), fitting);
    Var bare = b.emit1(new Elementwise(Rows.EQ), lit, b.param(lit.type(), Role.INPUT, ""));
    HostTensor filled = HostTensor.fill(TensorType.of(dtype, 2, 2), fitting);
    Var inline = b.emit1(new Source.Const(filled));
    HostTensor large = HostTensor.fill(TensorType.of(dtype, 5, 5), fitting);
    roundTrip(b.build(List.of(bare, inline, lit, b.emit1(new Source.Const(large)))));
  }

  @Property(tries = 300, seed = "2026")
  void namesAndPathsAreKept(
      @ForAll String name,
      @ForAll @Size(max = 12) List<String> paths,
      @ForAll String file,
      @ForAll int line) {
    Builder b = new Builder(name);
    Var last = b.param(SampleGraphs.f32(), Role.INPUT, "x");
    for (String path : paths) {
      last = b.param(SampleGraphs.f32(), Role.STATE, path);
    }
    b.at(new SourceLocation(file, line)).emit1(new Elementwise(Rows.NEG), last);
    roundTrip(b.build(List.of(last)));
  }

  /** Whatever was parsed prints, verifies to findings or none, and reads back the same. */
  private static void roundTrip(Graph g) {
    String text = Printer.print(g);
    Graph back = Parser.parse(text);
    assertEquals(Optional.empty(), GraphEquality.difference(g, back), text);
    assertEquals(text, Printer.print(back));
    assertEquals(
        Verifier.findings(g).stream().map(Verifier.Finding::toString).toList(),
        Verifier.findings(back).stream().map(Verifier.Finding::toString).toList());
  }

  private static Optional<Graph> parse(String text) {
    try {
      return Optional.of(Parser.parse(text));
    } catch (GraphParseException e) {
      assertTrue(e.line() >= 1 && e.column() >= 1, e.getMessage());
      return Optional.empty();
    }
  }
}
