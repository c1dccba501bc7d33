package dev.engram.tests.inside;

import dev.engram.Debug;
import dev.engram.Engram;
import dev.engram.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * A small program over one integer, with loops, branches and prints, which both plain Java and the
 * library can run.
 */
record Script(List<Statement> statements) {

  sealed interface Statement {
    record Print(int id) implements Statement {}

    /** x ← (a x + b) mod 17. */
    record Step(int a, int b) implements Statement {}

    record Loop(int length, Script body) implements Statement {}

    /** While x is below 11, at most {@code bound} times. */
    record While(int bound, Script body) implements Statement {}

    /** Whether x is even. */
    record If(Script yes, Script no) implements Statement {}
  }

  static Script random(RandomGenerator random, int depth) {
    List<Statement> out = new ArrayList<>();
    int n = 1 + random.nextInt(4);
    for (int i = 0; i < n; i++) {
      int kind = random.nextInt(depth > 0 ? 7 : 4);
      out.add(
          switch (kind) {
            case 0, 1 -> new Statement.Print(random.nextInt(3));
            case 2, 3 -> new Statement.Step(1 + random.nextInt(3), random.nextInt(5));
            case 4 -> new Statement.Loop(random.nextInt(4), random(random, depth - 1));
            case 5 -> new Statement.While(random.nextInt(4), random(random, depth - 1));
            default -> new Statement.If(random(random, depth - 1), random(random, depth - 1));
          });
    }
    return new Script(out);
  }

  /** The expected output and result. */
  int simulate(int x, Consumer<String> lines) {
    for (Statement s : statements) {
      switch (s) {
        case Statement.Print p -> lines.accept(p.id() + ": " + x);
        case Statement.Step t -> x = (t.a() * x + t.b()) % 17;
        case Statement.Loop l -> {
          for (int i = 0; i < l.length(); i++) {
            lines.accept("step " + i);
            x = l.body().simulate(x, lines);
          }
        }
        case Statement.While w -> {
          for (int i = 0; i < w.bound() && x < 11; i++) {
            x = w.body().simulate(x, lines);
          }
        }
        case Statement.If f -> x = (x % 2 == 0 ? f.yes() : f.no()).simulate(x, lines);
      }
    }
    return x;
  }

  /** Runs the same program on tensors. */
  Tensor run(Tensor x) {
    for (Statement s : statements) {
      x = run(s, x);
    }
    return x;
  }

  private static Tensor run(Statement s, Tensor x) {
    return switch (s) {
      case Statement.Print p -> {
        Debug.print(p.id() + ": {}", x);
        yield x;
      }
      case Statement.Step t -> x.mul(t.a()).add(t.b()).mod(x.like(17));
      case Statement.Loop l ->
          Engram.forLoop(
              0,
              l.length(),
              (i, c) -> {
                Debug.print("step {}", i);
                return l.body().run(c);
              },
              x);
      case Statement.While w -> Engram.whileLoop(c -> c.lt(11), w.body()::run, x, w.bound());
      case Statement.If f -> Engram.cond(x.mod(x.like(2)).eq(0), f.yes()::run, f.no()::run, x);
    };
  }
}
