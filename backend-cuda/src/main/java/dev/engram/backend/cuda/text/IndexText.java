package dev.engram.backend.cuda.text;

import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.LoopBuffer;
import dev.engram.lower.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The index maps of one nest, in 32 bits where all of their values fit: axes are {@code i0}, {@code
 * i1}, …, counters of the loops around {@code t0}, {@code t1}, ….
 */
final class IndexText {
  private final List<Stmt.Axis> axes;
  private final boolean wide;
  private final TreeSet<Integer> loops = new TreeSet<>();

  /**
   * @param trips numbers of runs of the loops around, outermost first
   * @param most {@link TextOptions#narrow}
   */
  IndexText(List<LoopBuffer> buffers, Stmt.Nest nest, List<Integer> trips, long most) {
    this.axes = nest.axes();
    boolean narrow = points(axes, most) < most;
    for (Instr i : instrs(nest)) {
      for (AffineMap m : maps(i)) {
        narrow &= Math.max(high(m, trips), -low(m, trips)) < most;
        for (int t = 0; t < m.outer().size(); t++) {
          if (m.outer().get(t) != 0) {
            loops.add(t);
          }
        }
      }
      for (Access a : accesses(i)) {
        narrow &= buffers.get(a.buffer()).type().size() < most;
      }
      if (i instanceof Instr.StoreAt s) {
        narrow &= s.limit() < most;
      }
    }
    this.wide = !narrow;
  }

  static List<Instr> instrs(Stmt.Nest nest) {
    return Stream.concat(nest.body().stream(), nest.epilogue().stream()).toList();
  }

  private static long points(List<Stmt.Axis> axes, long most) {
    long n = 1;
    for (Stmt.Axis a : axes) {
      n = n > most ? n : n * Math.max(1, a.length());
    }
    return n;
  }

  static List<Access> accesses(Instr i) {
    return switch (i) {
      case Instr.Load l -> List.of(l.from());
      case Instr.LoadAt l -> List.of(l.from());
      case Instr.Store s -> List.of(s.to());
      case Instr.StoreAt s -> List.of(s.to());
      case Instr.Literal _, Instr.IndexOf _, Instr.Apply _, Instr.Convert _ -> List.of();
      case Instr.RandomWord _, Instr.Fold _, Instr.DotFold _, Instr.Check _ -> List.of();
    };
  }

  private static List<AffineMap> maps(Instr i) {
    return switch (i) {
      case Instr.IndexOf x -> List.of(x.at());
      case Instr.RandomWord r -> List.of(r.at());
      case Instr.Check c -> List.of(c.position());
      case Instr _ -> accesses(i).stream().map(Access::at).toList();
    };
  }

  private long high(AffineMap m, List<Integer> trips) {
    return bound(m, trips, 1);
  }

  private long low(AffineMap m, List<Integer> trips) {
    return -bound(m, trips, -1);
  }

  /** The greatest value of {@code sign · m}, or one beyond all that is narrow. */
  private long bound(AffineMap m, List<Integer> trips, int sign) {
    long sum = sign * m.offset();
    for (int t = 0; t < m.outer().size(); t++) {
      sum += Math.max(0, sign * m.outer().get(t)) * (Math.max(1, trips.get(t)) - 1L);
    }
    for (int a = 0; a < m.inner().size(); a++) {
      sum += Math.max(0, sign * m.inner().get(a)) * (Math.max(1, axes.get(a).length()) - 1L);
    }
    return sum;
  }

  /** The type of indices. */
  String type() {
    return wide ? "i64" : "int";
  }

  boolean isWide() {
    return wide;
  }

  /** The loops around whose counters it uses. */
  List<Integer> loops() {
    return List.copyOf(loops);
  }

  String number(long n) {
    return wide ? CTypes.literal(n) : Long.toString(n);
  }

  /** True where some map depends on the axis. */
  static boolean uses(Stmt.Nest nest, int axis) {
    return nest.axes().get(axis).length() != 1
        && instrs(nest).stream()
            .flatMap(i -> maps(i).stream())
            .anyMatch(m -> m.inner().get(axis) != 0);
  }

  /** The value of a map. */
  String of(AffineMap m) {
    List<String> terms = new ArrayList<>();
    for (int t = 0; t < m.outer().size(); t++) {
      term(terms, m.outer().get(t), "t" + t);
    }
    for (int a = 0; a < m.inner().size(); a++) {
      if (axes.get(a).length() != 1) {
        term(terms, m.inner().get(a), "i" + a);
      }
    }
    if (m.offset() != 0 || terms.isEmpty()) {
      terms.add(number(m.offset()));
    }
    return String.join(" + ", terms);
  }

  private void term(List<String> terms, long stride, String index) {
    if (stride != 0) {
      terms.add(stride == 1 ? index : number(stride) + " * " + index);
    }
  }
}
