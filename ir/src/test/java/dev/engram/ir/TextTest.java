package dev.engram.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.op.Collective;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import dev.engram.ir.text.GraphParseException;
import dev.engram.ir.text.Names;
import dev.engram.ir.text.OpTable;
import dev.engram.ir.text.Parser;
import dev.engram.ir.text.Printer;
import dev.engram.ir.text.SampleGraphs;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The text form: what it looks like, and that it reads back exactly. */
class TextTest {

  static Stream<Graph> graphs() {
    return SampleGraphs.all();
  }

  @ParameterizedTest
  @MethodSource("graphs")
  void printsAndParsesBack(Graph g) {
    String text = Printer.print(g);
    Graph back = Parser.parse(text);
    assertEquals(Optional.empty(), GraphEquality.difference(g, back));
    assertEquals(text, Printer.print(back));
    assertEquals(List.of(), Verifier.findings(back));
  }

  /** A family that the samples lack would go untested, and one that the table lacks unread. */
  @Test
  void theSamplesAndTheTableHaveEveryOp() {
    Set<Class<?>> used = new HashSet<>();
    graphs().forEach(g -> g.eqns().forEach(e -> used.add(e.op().getClass())));
    assertEquals(opRecords(), used);
    graphs()
        .flatMap(g -> g.eqns().stream())
        .forEach(e -> assertTrue(OpTable.standard().mnemonics().contains(e.op().mnemonic())));
  }

  private static Set<Class<?>> opRecords() {
    // What the library itself brings in by the door for others.
    Set<Class<?>> records =
        new HashSet<>(
            List.of(Collective.Sum.class, Collective.Position.class, OptimizationBarrier.class));
    Deque<Class<?>> todo = new ArrayDeque<>(List.of(Op.class));
    while (!todo.isEmpty()) {
      Class<?> c = todo.pop();
      if (c.isSealed()) {
        todo.addAll(Arrays.asList(c.getPermittedSubclasses()));
      } else if (c != Custom.class) {
        assertTrue(Modifier.isFinal(c.getModifiers()));
        records.add(c);
      }
    }
    return records;
  }

  /** Loosely written text, and how it is printed. */
  @Test
  void looksLikeThis() {
    Graph g =
        Parser.parse(
            """
            // test: none
            graph @cell (%x: f32[4,3], %h: f32 [4,2] hidden "rnn.h", %w: f32[5,2] weight "rnn.w",
                %a3: bool[4,2]) -> f32[4,2] { %xh: f32[4,5] = concat { axis = 1 } (%x, %h) // Net.java:21
            %y:f32[4,2]=dot{rhsContract=[0],lhsContract=[ 1 ],}(%xh,%w) // Net.java:22 // and more
              %2: f32[4,2] = select(%a3, %y, 0) // see Net.java:23
            %3: f32[] = reduce_sum { axes=[0, 1] } (%2)
            %4: f32[4,2], %5: f32[6] = scan{consts=0, carry=1, length=6} // no scan:1
              (%2)
              body @step(%c: f32[4,2]) -> (f32[4,2], f32[]) { return %c, 1 }
            return %4 }
            """
                .replace("],}", "]}"));
    assertEquals(
        """
        graph @cell(
            %x: f32[4,3],
            %h: f32[4,2] hidden "rnn.h",
            %w: f32[5,2] weight "rnn.w",
            %a3: bool[4,2]) -> f32[4,2] {
          %0: f32[4,5] = concat{axis=1}(%x, %h)                          // Net.java:21
          %1: f32[4,2] = dot{lhsContract=[1], rhsContract=[0]}(%0, %w)   // Net.java:22
          %2: f32[4,2] = select(%a3, %1, 0.0)
          %3: f32[] = reduce_sum{axes=[0,1]}(%2)
          %4: f32[4,2], %5: f32[6] = scan{consts=0, carry=1, length=6}(%2)
            body @step(%c: f32[4,2]) -> (f32[4,2], f32[]) {
              return %c, 1.0
            }
          return %4
        }
        """,
        Printer.print(g));
    assertEquals(List.of(), Verifier.findings(g));
  }

  @Test
  void dumpsCutLongConstants() {
    Builder b = new Builder("f");
    Var v = b.emit1(new Source.Const(HostTensor.of(new float[] {1, 2, 3, 4}, 4)));
    float[] many = new float[100];
    for (int i = 0; i < many.length; i++) {
      many[i] = i;
    }
    Var w = b.emit1(new Source.Const(HostTensor.of(many, 10, 10)));
    Graph g = b.build(List.of(v, w));
    assertEquals(
        """
        graph @f() -> (f32[4], f32[10,10]) {
          %0: f32[4] = const{value=f32[4] [1.0, 2.0, 3.0, 4.0]}()
          %1: f32[10,10] = const{value=f32[10,10] <0.0, 1.0, 2.0, … 100 values>}()
          return %0, %1
        }
        """,
        g.toString());
    GraphParseException e =
        assertThrows(GraphParseException.class, () -> Parser.parse(g.toString()));
    assertTrue(e.getMessage().contains("printed with its data cut short"), e.getMessage());
  }

  @Test
  void differencesAreSeen() {
    String text = Printer.print(SampleGraphs.gru());
    for (String[] change :
        List.of(
            new String[] {"@gru", "@lstm"},
            new String[] {"sub(1.0", "sub(2.0"},
            new String[] {"add(%12, %13)", "add(%13, %12)"},
            new String[] {"add(%12", "mul(%12"},
            new String[] {"concat{axis=1}(%x, %5)", "concat{axis=0}(%x, %5)"},
            new String[] {"hidden", "state"},
            new String[] {"return %14", "return %13"},
            new String[] {"rnn.Wr", "rnn.Wq"},
            new String[] {".java:", ".java:1"})) {
      String changed = text.replaceFirst(java.util.regex.Pattern.quote(change[0]), change[1]);
      assertFalse(changed.equals(text), change[0]);
      assertTrue(
          GraphEquality.difference(Parser.parse(text), Parser.parse(changed)).isPresent(),
          change[0]);
    }
  }

  @Test
  void valuesHaveTheirTypes() {
    List<HostTensor> values =
        Parser.values(
            "[[1, 2.5], [-0.0, nan]], true, []",
            List.of(SampleGraphs.f32(2, 2), TensorType.of(DType.BOOL), SampleGraphs.i32(3, 0)));
    assertEquals(
        List.of("f32[2,2] [[1.0, 2.5], [-0.0, NaN]]", "bool[] true", "i32[3,0] [[], [], []]"),
        values.stream().map(HostTensor::toString).toList());
  }

  // Outside authors.

  /** Every kind of attribute. */
  record Odd(
      double rate,
      Optional<String> note,
      List<List<Integer>> table,
      Flavour flavour,
      Choice choice,
      boolean on,
      HostTensor data)
      implements Custom {
    enum Flavour {
      SWEET,
      sweet,
      SOUR
    }

    sealed interface Choice {
      record None() implements Choice {}

      record Some(long count, Graph inner) implements Choice {}
    }

    @Override
    public String mnemonic() {
      return "odd";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> inputs) {
      return inputs;
    }
  }

  /** A component without a text form. */
  record Wild(Runnable what) implements Custom {
    @Override
    public String mnemonic() {
      return "wild";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> inputs) {
      return inputs;
    }
  }

  @Test
  void customOpsNeedNoCode() {
    OpTable table = OpTable.standard().with("odd", Odd.class);
    HostTensor data = HostTensor.of(new int[] {1, 2}, 2);
    Odd.Choice some = new Odd.Choice.Some(1L << 40, SampleGraphs.gru());
    for (Odd op :
        List.of(
            new Odd(
                -0.0,
                Optional.empty(),
                List.of(),
                Odd.Flavour.SOUR,
                new Odd.Choice.None(),
                false,
                data),
            new Odd(
                Double.NaN,
                Optional.of("\"ü\n"),
                List.of(List.of(1, 2), List.of()),
                Odd.Flavour.sweet,
                some,
                true,
                data),
            new Odd(
                1e-9, Optional.of(""), List.of(List.of()), Odd.Flavour.SWEET, some, true, data))) {
      Graph g = SampleGraphs.plain("f", op, SampleGraphs.f32(2));
      String text = Printer.print(g);
      Graph back = Parser.parse(text, table);
      assertEquals(Optional.empty(), GraphEquality.difference(g, back));
      assertEquals(text, Printer.print(back));
    }
  }

  @Test
  void rowsOfOutsideAuthors() {
    ElementwiseRow mish =
        ElementwiseRow.of("mish", 1, (a, b, c) -> a, new ElementwiseRow.Domain(0, 1), List.of());
    Graph g = SampleGraphs.row(mish, DType.F32);
    assertTrue(
        GraphEquality.equal(g, Parser.parse(Printer.print(g), OpTable.standard().with(mish))));
    GraphParseException e =
        assertThrows(GraphParseException.class, () -> Parser.parse(Printer.print(g)));
    assertEquals(
        "line 2, column 16: found `mish`, expected an op; did you mean `min`?"
            + " (for one from outside see OpTable.with, or --ops)",
        e.getMessage());
  }

  @Test
  void tablesRefuseWhatCannotBeRead() {
    OpTable standard = OpTable.standard();
    String wild =
        assertThrows(GraphException.class, () -> standard.with("wild", Wild.class)).getMessage();
    assertTrue(wild.contains("component what has type java.lang.Runnable"), wild);
    assertThrows(GraphException.class, () -> standard.with("add", Odd.class));
    assertThrows(GraphException.class, () -> standard.with("two words", Odd.class));
    assertThrows(GraphException.class, () -> standard.with(Rows.ADD));
    // Printing still works.
    String text = Printer.print(SampleGraphs.plain("f", new Wild(() -> {}), SampleGraphs.f32(2)));
    assertTrue(text.contains("wild{what=<"), text);
  }

  @Test
  void namesAreUnique() {
    Graph g = SampleGraphs.families().filter(x -> x.params().size() > 10).findFirst().orElseThrow();
    Names names = Names.of(g);
    List<String> all = g.params().stream().map(p -> names.of(p.var())).toList();
    assertEquals(all.size(), all.stream().collect(Collectors.toSet()).size(), all.toString());
  }
}
