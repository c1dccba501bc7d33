package dev.engram.lower;

import dev.engram.ir.DType;
import dev.engram.ir.Lit;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** One step of a program. */
public sealed interface Stmt {
  /**
   * The nests, sorts and notices among some steps and in the loops and branches among these, in the
   * order of the text form.
   */
  static Stream<Stmt> leaves(List<Stmt> steps) {
    Given.all("Stmt.leaves", "steps", steps);
    return steps.stream()
        .flatMap(
            s ->
                switch (s) {
                  case Nest _, Sort _, Tell _ -> Stream.of(s);
                  case Loop l -> leaves(l.body());
                  case While w -> Stream.concat(leaves(w.condition()), leaves(w.body()));
                  case Branch b -> Stream.concat(leaves(b.onTrue()), leaves(b.onFalse()));
                });
  }

  /** How many nests and sorts there are among {@link #leaves}. */
  static int nests(List<Stmt> steps) {
    return (int) leaves(steps).filter(s -> !(s instanceof Tell)).count();
  }

  /**
   * Perfectly nested loops over {@code axes}, with a body run at every point.
   *
   * <p>Axes with {@code reduce} are folded: the {@code epilogue} runs once for each point of the
   * other axes, after the folds of that point. Without reduction axes the epilogue is empty. An
   * epilogue's index maps have stride 0 on reduction axes. Reduction axes come last in {@code
   * axes}; that order defines the semantics, and a backend may run the loops in any order that
   * preserves the order of every fold.
   *
   * <p>Points of the other axes are independent, so they may run on several threads or in vectors:
   * a buffer that is both read and written has the same index map in every such access, is never
   * read after its write at the same point, and no two points write the same element (but see
   * {@link Instr.StoreAt}). Folds with reduction axes of length 0 yield their initial value.
   *
   * @param label what it computes, for dumps
   * @param where the user's line of its main equation
   */
  record Nest(
      String label, List<Axis> axes, List<Instr> body, List<Instr> epilogue, SourceLocation where)
      implements Stmt {
    public Nest {
      axes = List.copyOf(axes);
      body = List.copyOf(body);
      epilogue = List.copyOf(epilogue);
    }

    /** True where it calls functions of users' rows, which may throw anything. */
    public boolean callsUsers() {
      return Stream.concat(body.stream(), epilogue.stream())
          .anyMatch(i -> i instanceof Instr.Apply a && !Rows.has(a.row()));
    }

    /** True where it may stop the run: it has a check, or calls users' functions. */
    public boolean mayStop() {
      return callsUsers()
          || Stream.concat(body.stream(), epilogue.stream())
              .anyMatch(Instr.Check.class::isInstance);
    }
  }

  /** An axis of a nest. */
  record Axis(int length, boolean reduce) {}

  /**
   * Runs {@code body} {@code length} times, its counter from 0 up, or from {@code length-1} down
   * with {@code reverse}. After each iteration the buffers of each pair in {@code swaps} (arena
   * buffers of one type) are swapped by address.
   *
   * <p>The iterations of a {@code parallel} loop are independent: no element that one of them
   * writes is touched by another, and after each of them every buffer is where it was before. So
   * they may run in any order and at the same time, each from its first step to its last.
   */
  record Loop(int length, boolean reverse, boolean parallel, List<Stmt> body, List<Swap> swaps)
      implements Stmt {
    public Loop {
      body = List.copyOf(body);
      swaps = List.copyOf(swaps);
    }
  }

  /**
   * Sorts rows: for every point of the axes {@code rows}, the positions along one more axis of
   * {@code length} that bring the elements of {@code from} into order, as i32 into {@code to}. The
   * maps of both have a stride for each axis of {@code rows}, then the one along the row. They lie
   * in different buffers.
   *
   * @param op defines the order
   * @param dtype type of the elements of {@code from}
   */
  record Sort(
      Index.ArgSort op,
      DType dtype,
      List<Integer> rows,
      int length,
      Access from,
      Access to,
      SourceLocation where)
      implements Stmt {
    public Sort {
      rows = List.copyOf(rows);
    }

    /** Returns a nest that reads and writes the same elements, for analyses of memory use. */
    public Nest traffic() {
      List<Axis> axes = new ArrayList<>();
      rows.forEach(n -> axes.add(new Axis(n, false)));
      axes.add(new Axis(length, false));
      List<Instr> body =
          List.of(
              new Instr.Load(dtype, from),
              new Instr.Convert(dtype, DType.I32, 0),
              new Instr.Store(DType.I32, to, 1));
      return new Nest(op.mnemonic(), axes, body, List.of(), where);
    }
  }

  /**
   * Has an effect on the host: gathers the operands and calls {@link HostEffect#tell}, whose result
   * goes to the single element {@code order}. Runs on the thread that runs the program. {@code
   * order} may be written over the values of the operands.
   *
   * @param operands those of {@code op}, in order
   * @param where the user's line
   */
  record Tell(HostEffect op, List<Operand> operands, Access order, SourceLocation where)
      implements Stmt {
    public Tell {
      operands = List.copyOf(operands);
    }

    /** Returns nests that read and write the same elements, for analyses of memory use. */
    public List<Nest> traffic() {
      List<Nest> all = new ArrayList<>();
      for (Operand o : operands) {
        if (o instanceof Operand.Stored(TensorType type, Access from)) {
          List<Axis> axes = type.shape().dims().stream().map(n -> new Axis(n, false)).toList();
          List<Instr> body = List.of(new Instr.Load(type.dtype(), from));
          all.add(new Nest(op.mnemonic(), axes, body, List.of(), where));
        }
      }
      List<Instr> body =
          List.of(new Instr.Literal(DType.I32, 0), new Instr.Store(DType.I32, order, 0));
      all.add(new Nest(op.mnemonic(), List.of(), body, List.of(), where));
      return all;
    }
  }

  /** An operand of a {@link Tell}. */
  sealed interface Operand {

    /** A literal. */
    record Known(Lit value) implements Operand {}

    /** Elements in memory; {@code from} has a stride for each axis of the type. */
    record Stored(TensorType type, Access from) implements Operand {

      /** Returns the position in the buffer of element {@code k}, in row-major order. */
      public long position(long k, LoopCounters counters) {
        long at = from.at().offset();
        for (int t = 0; t < from.at().outer().size(); t++) {
          at += from.at().outer().get(t) * counters.at(t);
        }
        long rest = k;
        for (int d = type.rank() - 1; d >= 0; d--) {
          int n = type.shape().dim(d);
          at += rest % n * from.at().inner().get(d);
          rest /= n;
        }
        return at;
      }
    }
  }

  /** The counters of the loops around a step, outermost first. */
  @FunctionalInterface
  interface LoopCounters {
    /** Returns the counter of a loop, 0 for the outermost. */
    long at(int loop);
  }

  /**
   * Runs {@code condition} and, as long as {@code predicate}, a bool element that it writes, is
   * true, {@code body} and the swaps of {@code swaps} as in a {@link Loop}; then starts again.
   * Counts as a loop around the nests inside, with a counter that is always 0.
   *
   * @param bound maximum number of runs of the body, or empty
   */
  record While(
      List<Stmt> condition,
      Access predicate,
      List<Stmt> body,
      List<Swap> swaps,
      Optional<Integer> bound)
      implements Stmt {
    public While {
      condition = List.copyOf(condition);
      body = List.copyOf(body);
      swaps = List.copyOf(swaps);
    }
  }

  /** Two buffers that are swapped. */
  record Swap(int a, int b) {}

  /** Runs one of two lists of steps; {@code predicate} is a bool element. */
  record Branch(Access predicate, List<Stmt> onTrue, List<Stmt> onFalse) implements Stmt {
    public Branch {
      onTrue = List.copyOf(onTrue);
      onFalse = List.copyOf(onFalse);
    }
  }
}
