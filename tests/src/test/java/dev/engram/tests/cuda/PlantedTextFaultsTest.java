package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.StepResult;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Check;
import dev.engram.lower.Backend;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.LoweringOptions;
import dev.engram.lower.RunOperands;
import dev.engram.tests.build.Needs;
import dev.engram.tests.random.Ways;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The stand-in finds faults of a text in each way of running it, and none in the text as it is. */
class PlantedTextFaultsTest {
  private static final String BARRIER = "__syncthreads();";

  @BeforeAll
  static void needs() {
    Needs.cppCompiler();
  }

  private static TensorType f32(Integer... dims) {
    return new TensorType(DType.F32, Shape.of(List.of(dims)));
  }

  /**
   * @param expected in what is said of it; empty where it shows in several ways
   * @param always whether every order of the threads shows it
   */
  record Fault(
      String name,
      LoopProgram program,
      List<TensorType> types,
      UnaryOperator<String> planted,
      String expected,
      boolean always) {
    Fault(
        String name,
        Function<List<Tensor>, Tensor> program,
        List<TensorType> types,
        UnaryOperator<String> planted,
        String expected,
        boolean always) {
      this(name, Texts.of(program, types), types, planted, expected, always);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Fault> faults() {
    Function<List<Tensor>, Tensor> product = x -> x.getFirst().matmul(x.getLast());
    List<TensorType> matrices = List.of(f32(9, 20), f32(20, 11));
    Function<List<Tensor>, Tensor> sum = x -> x.getFirst().sum(0);
    List<TensorType> tall = List.of(f32(1000, 3));
    Function<List<Tensor>, Tensor> rows = x -> x.getFirst().sum(1);
    List<TensorType> wide = List.of(f32(5, 70));
    String race = "two threads at one element";
    return Stream.of(
        new Fault(
            "no barrier before a tile is used",
            product,
            matrices,
            t -> t.replaceFirst("__syncthreads\\(\\);", ""),
            race,
            true),
        new Fault(
            "no barrier after a tile is used",
            product,
            matrices,
            t -> last(t, BARRIER, ""),
            race,
            true),
        new Fault(
            "no barrier between the levels of a tree",
            sum,
            tall,
            t -> t.replaceFirst("__syncthreads\\(\\);\\n    }\\n", "}\n"),
            race,
            true),
        new Fault(
            "a barrier in a branch",
            product,
            matrices,
            t -> t.replaceFirst("__syncthreads\\(\\);", "if (threadIdx.x < 5) __syncthreads();"),
            "",
            true),
        new Fault(
            "a thread that leaves before a barrier",
            product,
            matrices,
            t ->
                t.replaceFirst(
                    "__syncthreads\\(\\);", "if (threadIdx.x == 5) return; __syncthreads();"),
            "barriers that do not meet",
            true),
        new Fault(
            "a shuffle by one less",
            rows,
            wide,
            t -> t.replaceFirst("(__shfl_down_sync\\(0xffffffffu, \\w+, h)", "$1 - 1"),
            "",
            true),
        new Fault(
            "a warp of which some threads leave",
            rows,
            wide,
            t -> t.replaceFirst("for \\(int h = 8", "if (!live) return;\n for (int h = 8"),
            "barriers that do not meet",
            false),
        new Fault(
            "no test of the last terms",
            rows,
            wide,
            t -> t.replaceFirst("if \\(r < \\d+\\)", "if (true)"),
            "",
            true),
        new Fault(
            "no test of a tile's last rows",
            product,
            matrices,
            t -> t.replaceFirst("if \\(i0 < \\d+ && i1 < \\d+\\)", "if (true)"),
            "",
            true),
        new Fault(
            "no test of an operand's last columns",
            product,
            matrices,
            t -> t.replaceFirst("if \\(i\\d < \\d+ && r < \\d+\\)", "if (true)"),
            "an access out of bounds",
            true),
        new Fault(
            "no barrier between merges",
            x -> x.getFirst().argSort(0, false),
            List.of(f32(100)),
            t -> last(last(last(t, BARRIER, "@"), BARRIER, ""), "@", BARRIER),
            "",
            true),
        new Fault(
            "updates of one element by two threads",
            x -> x.get(0).addAt(0, x.get(1), x.get(2)),
            List.of(f32(7, 6), new TensorType(DType.I32, Shape.of(40)), f32(40, 6)),
            t -> t.replaceFirst("int i1 = g;", "int i1 = g / 2 * 2;"),
            race,
            true),
        new Fault(
            "a barrier in each branch",
            product,
            matrices,
            t ->
                t.replaceFirst(
                    "__syncthreads\\(\\);",
                    "if (threadIdx.x < 5) {\n__syncthreads();\n} else {\n__syncthreads();\n}"),
            "barriers that do not meet",
            true),
        new Fault(
            "a result of two threads",
            x -> x.getFirst().mul(2),
            List.of(f32(100)),
            t -> t.replaceFirst("y0\\[i0\\]", "y0[i0 / 2]"),
            race,
            true),
        new Fault(
            "an element too far",
            x -> x.getFirst().mul(2),
            List.of(f32(100)),
            t -> t.replaceFirst("x0\\[i0\\]", "x0[i0 + 1]"),
            "an access out of bounds",
            true));
  }

  private static LoopProgram divided(Function<List<Tensor>, Tensor> f, List<TensorType> types) {
    LoweringOptions shares = LoweringOptions.standard().withShares(100, 1, 1);
    return Lowering.lower(Texts.graph(f, types), List.of(), shares);
  }

  /** Of kernels that are several steps. */
  static Stream<Fault> faultsOfSteps() {
    HostTensor w = Texts.args(List.of(f32(9, 9)), 3).getFirst();
    Function<List<Tensor>, Tensor> net =
        x ->
            Engram.scan(
                    (Tensor h, Tensor e) -> {
                      Tensor next = h.matmul(w).add(e).tanh();
                      return new StepResult<>(next, next);
                    },
                    x.get(0),
                    x.get(1))
                .carry();
    Function<List<Tensor>, Tensor> sorts =
        x ->
            Engram.scan(
                    (Tensor h, Tensor e) -> {
                      Tensor next = h.argSort(1, false).add(e.argSort(1, true).slice(1, 0, 2));
                      return new StepResult<>(next, next);
                    },
                    x.get(0),
                    x.get(1))
                .carry();
    Function<List<Tensor>, Tensor> whiles =
        x ->
            Engram.whileLoop(
                (Tensor h) -> h.sum().lt(1000),
                (Tensor h) -> Tensor.concat(0, h.slice(0, 30, 70), h.slice(0, 0, 30)).add(1),
                x.getFirst());
    List<TensorType> net9 = List.of(f32(6, 9), f32(4, 6, 9));
    LoopProgram ofNet = divided(net, net9);
    List<TensorType> toSort = List.of(new TensorType(DType.I32, Shape.of(4, 2)), f32(3, 4, 16));
    List<TensorType> one = List.of(f32(70));
    String race = "two threads at one element";
    String meet = "eg_grid_barrier(barrier);";
    return Stream.of(
        new Fault(
            "no barrier between nests of a share",
            ofNet,
            net9,
            t -> last(last(last(t, BARRIER, "@"), BARRIER, ""), "@", BARRIER),
            race,
            true),
        new Fault(
            "no copy back of what a block keeps",
            ofNet,
            net9,
            t -> t.replaceFirst("[yz]\\d+\\[\\(i64\\)t0 \\* \\d+ \\+ k\\] = s\\d+\\[k\\]", ""),
            "other bits",
            true),
        new Fault(
            "a copy of another share",
            ofNet,
            net9,
            t -> t.replaceFirst("(= [yz]\\d+\\[\\(i64\\))t0", "$10"),
            "",
            true),
        new Fault(
            "scratch memory of another block",
            divided(sorts, toSort),
            toSort,
            t -> t.replaceFirst("blockIdx\\.x \\* \\d+LL", "blockIdx.x * 8LL"),
            race,
            false),
        new Fault(
            "no exchange of buffers",
            Texts.of(net, net9),
            net9,
            t -> t.replaceFirst("eg_swap\\(\\w+, \\w+\\);", ""),
            "",
            true),
        new Fault(
            "no barrier between steps of all blocks",
            Texts.of(net, net9),
            net9,
            t -> last(t, meet, ""),
            race,
            true),
        new Fault(
            "no barrier at the end of a turn",
            Texts.of(whiles, one),
            one,
            t -> last(t, meet, ""),
            "",
            true),
        new Fault(
            "threads that go on alone",
            Texts.of(whiles, one),
            one,
            t -> t.replaceFirst("if \\(!more\\) break;", "if (!more || threadIdx.x == 3) break;"),
            "barriers that do not meet",
            true),
        new Fault(
            "a block that leaves before the others",
            Texts.of(whiles, one),
            one,
            t -> t.replaceFirst("if \\(!more\\) break;", "if (!more || blockIdx.x == 1) break;"),
            "barriers that do not meet",
            false));
  }

  private static String last(String text, String what, String by) {
    int at = text.lastIndexOf(what);
    return at < 0 ? text : text.substring(0, at) + by + text.substring(at + what.length());
  }

  @ParameterizedTest
  @MethodSource({"faults", "faultsOfSteps"})
  void isFound(Fault f) {
    LoopProgram p = f.program;
    List<HostTensor> args = Texts.args(f.types, 11);
    for (String flag : List.of("-DEG_FAST", "-DEG_PORTABLE")) {
      StandInProgram sound = built(p, t -> t, flag);
      List<String> changed = new ArrayList<>();
      StandInProgram wrong =
          built(
              p,
              t -> {
                changed.add(t);
                changed.add(f.planted.apply(t));
                return changed.getLast();
              },
              flag);
      assertNotEquals(changed.getFirst(), changed.getLast(), "the fault is planted");
      int found = 0;
      int runs = 0;
      for (int grid : new int[] {1, 2, StandInProgram.MORE}) {
        for (int order = 0; order < 3; order++) {
          runs++;
          assertEquals(Optional.empty(), fault(sound.launched(grid, order, true), args));
          Optional<String> text = fault(wrong.launched(grid, order, true), args);
          found += text.isPresent() ? 1 : 0;
          assertTrue(text.isEmpty() || text.get().contains(f.expected), text::toString);
        }
      }
      assertTrue(f.always ? found == runs : found > 0, found + " of " + runs + " runs, " + flag);
    }
  }

  /** Removes what {@code what} says, the n-th time that it is there behind {@code from}. */
  private static String without(String text, String from, String what, int n) {
    int at = text.indexOf(from);
    for (int k = 0; k <= n; k++) {
      at = text.indexOf(what, at + 1);
    }
    return text.substring(0, at) + text.substring(at + what.length());
  }

  /** Of the lock that guards the record of the first failed check. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aMissingFenceIsFound(int fence) {
    LoopProgram p =
        Texts.of(x -> Tensor.apply(new Check.Finite("x"), x).getFirst().mul(2), List.of(f32(100)));
    HostTensor x = HostTensor.full(f32(100), Double.NaN);
    Backend cpu = Ways.backend("cpu");
    StandInUnit unit = new StandInUnit();
    unit.spoilPrelude(t -> without(t, "void eg_check(", "__threadfence();", fence));
    StandInProgram wrong = StandInProgram.of(List.of(p), TextOptions.tiny(), unit).getFirst();
    StandInProgram sound = built(p, t -> t, "-DEG_FAST");
    for (int order = 0; order < 3; order++) {
      StandInProgram now = wrong.launched(3, order, true);
      String text =
          assertThrows(
                  AssertionError.class, () -> RunOperands.of(p, cpu.device(), List.of(x)).run(now))
              .getMessage();
      assertTrue(text.startsWith("no fence between a lock and what it guards"), text);
      StandInProgram right = sound.launched(3, order, true);
      assertThrows(
          RunException.class, () -> RunOperands.of(p, cpu.device(), List.of(x)).run(right));
    }
  }

  private static StandInProgram built(LoopProgram p, UnaryOperator<String> spoil, String flag) {
    StandInUnit unit = new StandInUnit(spoil, List.of(flag));
    return StandInProgram.of(List.of(p), TextOptions.tiny(), unit).getFirst();
  }

  /** What is wrong with the text; empty where nothing is. */
  private static Optional<String> fault(StandInProgram text, List<HostTensor> args) {
    Backend cpu = Ways.backend("cpu");
    List<HostTensor> want = RunOperands.run(cpu, text.program(), args);
    List<HostTensor> got;
    try {
      got = RunOperands.of(text.program(), cpu.device(), args).run(text);
    } catch (AssertionError e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
    for (int i = 0; i < want.size(); i++) {
      if (!Outcome.sameBits(want.get(i), got.get(i))) {
        return Optional.of("other bits");
      }
    }
    return Optional.empty();
  }
}
