package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Random programs over three states, nested through every transformation, against plain Java on
 * three numbers.
 */
class StateProperties {
  private static final int STATES = 3;

  /** One statement. */
  sealed interface Statement {
    /** s[to] = tanh(a s[from] + b s[to] + c x). */
    record Set(int to, int from, double a, double b, double c) implements Statement {}

    /** Runs the body for x, x+1, … */
    record Loop(int length, List<Statement> body) implements Statement {}

    /** Picks by s[by] > 0. */
    record If(int by, List<Statement> yes, List<Statement> no) implements Statement {}

    /** Runs the body inside a transformation that does not change its meaning. */
    record Inside(Around around, List<Statement> body) implements Statement {}
  }

  /** The transformations that a body can be put into. */
  enum Around {
    JIT,
    GRAD,
    VJP,
    VMAP
  }

  @Provide
  Arbitrary<List<Statement>> programs() {
    return block(2);
  }

  private static Arbitrary<List<Statement>> block(int depth) {
    return statement(depth).list().ofMinSize(1).ofMaxSize(3);
  }

  private static Arbitrary<Statement> statement(int depth) {
    Arbitrary<Integer> index = Arbitraries.integers().between(0, STATES - 1);
    Arbitrary<Double> factor = Arbitraries.doubles().between(-1.5, 1.5).ofScale(2);
    Arbitrary<Statement> set =
        Combinators.combine(index, index, factor, factor, factor).as(Statement.Set::new);
    if (depth == 0) {
      return set;
    }
    Arbitrary<List<Statement>> body = Arbitraries.lazy(() -> block(depth - 1));
    Arbitrary<Statement> loop =
        Combinators.combine(Arbitraries.integers().between(0, 3), body).as(Statement.Loop::new);
    Arbitrary<Statement> branch = Combinators.combine(index, body, body).as(Statement.If::new);
    Arbitrary<Statement> inside =
        Combinators.combine(Arbitraries.of(Around.class), body).as(Statement.Inside::new);
    return Arbitraries.oneOf(set, loop, branch, inside);
  }

  private static void plain(List<Statement> program, double[] s, double x) {
    for (Statement statement : program) {
      switch (statement) {
        case Statement.Set(int to, int from, double a, double b, double c) ->
            s[to] = Math.tanh(a * s[from] + b * s[to] + c * x);
        case Statement.Loop(int n, List<Statement> body) -> {
          for (int i = 0; i < n; i++) {
            plain(body, s, x + i);
          }
        }
        case Statement.If(int by, List<Statement> yes, List<Statement> no) ->
            plain(s[by] > 0 ? yes : no, s, x);
        case Statement.Inside(_, List<Statement> body) -> plain(body, s, x);
      }
    }
  }

  private static Tensor traced(List<Statement> program, List<State> s, Tensor x) {
    for (Statement statement : program) {
      switch (statement) {
        case Statement.Set(int to, int from, double a, double b, double c) -> {
          State at = s.get(to);
          Tensor old = at.value().mul(b).add(s.get(from).value().mul(a));
          at.set(old.add(x.mul(c)).tanh());
        }
        case Statement.Loop(int n, List<Statement> body) ->
            Engram.scan(
                (Tensor y) -> {
                  traced(body, s, y);
                  return new StepResult<>(y.add(1), y);
                },
                x,
                n);
        case Statement.If(int by, List<Statement> yes, List<Statement> no) ->
            Engram.cond(s.get(by).value().gt(0), y -> traced(yes, s, y), y -> traced(no, s, y), x);
        case Statement.Inside(Around around, List<Statement> body) -> {
          Fn1<Tensor, Tensor> f =
              y -> {
                traced(body, s, y);
                return s.getFirst().value().mul(y);
              };
          switch (around) {
            case JIT -> Engram.jit(f).apply(x);
            case GRAD -> Engram.grad(f).apply(x);
            case VJP -> Engram.vjp(f, x);
            case VMAP ->
                Engram.vmap((Tensor y, Tensor _) -> f.apply(y), Axes.in(Axes.NONE, 0))
                    .apply(x, HostTensor.of(new double[] {1, 2}, 2));
          }
        }
      }
    }
    return x;
  }

  private static double[] run(List<Statement> program, boolean jit) {
    List<State> s = new ArrayList<>();
    for (int i = 0; i < STATES; i++) {
      s.add(State.other(HostTensor.of(new double[] {i - 1})));
    }
    Fn1<Tensor, Tensor> f = x -> traced(program, s, x);
    (jit ? Engram.jit(f) : f).apply(HostTensor.of(new double[] {0.5}));
    return s.stream().mapToDouble(x -> x.value().host().item()).toArray();
  }

  @Property(tries = 100, seed = "2026", edgeCases = EdgeCasesMode.NONE)
  void statesFollowTheProgram(@ForAll("programs") List<Statement> program) {
    double[] want = {-1, 0, 1};
    plain(program, want, 0.5);
    assertArrayEquals(want, run(program, true), 1e-9);
    assertArrayEquals(want, run(program, false), 1e-9);
  }

  @Example
  void aLostWriteIsSeen() {
    List<Statement> set = List.of(new Statement.Set(0, 2, 1, 0, 1));
    double[] want = {-1, 0, 1};
    plain(set, want, 0.5);
    assertThrows(
        AssertionError.class,
        () -> assertArrayEquals(want, run(List.of(new Statement.Loop(0, set)), true), 1e-9));
  }
}
