package dev.engram.backend.cuda.text;

import dev.engram.ir.SourceLocation;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.inspect.LoopReport;
import dev.engram.lower.split.ExampleAxis;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is one kernel of a program, what is left to the host, and why: a row for each kernel and for
 * each loop and branch of the host.
 */
public record FormReport(List<Row> rows) {
  public FormReport {
    rows = List.copyOf(rows);
  }

  /** How steps run on a card. */
  public enum Form {
    /** A nest or sort by itself. */
    ONE("one nest, one kernel"),
    /** Steps that do not clash, or whose blocks wait for each other. */
    TOGETHER("one kernel"),
    /** A block for each share of a divided loop. */
    SHARES("one kernel, a block for each share"),
    /** A while loop. */
    TURNS("one kernel, some turns in each launch"),
    /** Launches of what is inside. */
    HOST("the host's");

    private final String text;

    Form(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * Steps that are one kernel, or a loop or branch of the host.
   *
   * @param what the steps
   * @param where the user's line of the first nest
   * @param launches in a run of the program; of a while loop, and of what is in one, for each turn
   * @param meetings places in the text where blocks, or the threads of a share, wait for each other
   * @param why it is not in shares, or not on the card, where there is a reason
   */
  public record Row(
      String what,
      SourceLocation where,
      Form form,
      long launches,
      int meetings,
      Optional<String> why) {
    @Override
    public String toString() {
      StringBuilder s = new StringBuilder(what);
      if (where.isKnown()) {
        s.append(" (").append(where).append(')');
      }
      s.append(": ").append(form);
      if (meetings > 0) {
        s.append(
            form == Form.SHARES
                ? ", with " + counted(meetings, "barrier")
                : ", whose blocks wait for each other in " + counted(meetings, "place"));
      }
      why.ifPresent(
          w -> s.append("; ").append(form == Form.HOST ? "" : "not in shares: ").append(w));
      return s.toString();
    }
  }

  private static String counted(int n, String what) {
    return n + " " + what + (n == 1 ? "" : "s");
  }

  /** Looks at a program as it is lowered for cards. */
  public static FormReport of(LoopProgram program, TextOptions options) {
    CudaSource source = CudaText.of(program, options);
    Walk w = new Walk(program, source, options.cooperative());
    w.steps(program.steps(), List.of(), 1);
    return new FormReport(w.rows);
  }

  /** Kernels that one run of the program launches; of while loops, those of one turn. */
  public long launches() {
    return rows.stream().filter(r -> r.form != Form.HOST).mapToLong(Row::launches).sum();
  }

  private static final class Walk {
    private final LoopProgram program;
    private final CudaSource source;
    private final boolean cooperative;
    private final Map<Stmt, CudaKernel> kernels = new IdentityHashMap<>();
    private final List<Row> rows = new ArrayList<>();

    Walk(LoopProgram program, CudaSource source, boolean cooperative) {
      this.program = program;
      this.cooperative = cooperative;
      this.source = source;
      source.kernels().forEach(k -> kernels.put(k.steps().getFirst(), k));
    }

    void steps(List<Stmt> steps, List<Integer> around, long runs) {
      int at = 0;
      while (at < steps.size()) {
        Stmt s = steps.get(at);
        CudaKernel k = kernels.get(s);
        if (k == null) {
          host(s, around, runs);
          at++;
        } else {
          kernel(k, around, runs);
          at += k.steps().size();
        }
      }
    }

    private void kernel(CudaKernel k, List<Integer> around, long runs) {
      Stmt first = k.steps().getFirst();
      Form form =
          switch (first) {
            case Stmt.Loop l when l.parallel() -> Form.SHARES;
            case Stmt.While _ -> Form.TURNS;
            case Stmt.Nest _, Stmt.Sort _ when k.steps().size() == 1 -> Form.ONE;
            default -> Form.TOGETHER;
          };
      String text = source.functions().get(k.function());
      String barrier = form == Form.SHARES ? "__syncthreads();" : "eg_grid_barrier(";
      int meetings = form == Form.ONE || text == null ? 0 : count(text, barrier);
      rows.add(new Row(what(k.steps()), k.where(), form, runs, meetings, why(k, around)));
    }

    private static int count(String text, String what) {
      int n = 0;
      for (int at = text.indexOf(what); at >= 0; at = text.indexOf(what, at + 1)) {
        n++;
      }
      return n;
    }

    /** Why the first loop of a kernel is not divided. */
    private Optional<String> why(CudaKernel k, List<Integer> around) {
      for (Stmt s : k.steps()) {
        if (s instanceof Stmt.Loop l && !l.parallel() && !l.body().isEmpty()) {
          return Optional.of(LoopReport.notDivided(program, l, around));
        }
      }
      return Optional.empty();
    }

    private void host(Stmt s, List<Integer> around, long runs) {
      switch (s) {
        case Stmt.Tell t ->
            rows.add(new Row(t.op().mnemonic(), t.where(), Form.HOST, 0, 0, Optional.empty()));
        case Stmt.Loop l when l.body().isEmpty() -> {}
        case Stmt.Loop l -> {
          host("loop of " + l.length() + " steps", l.body());
          steps(l.body(), ExampleAxis.inside(around, l.length()), runs * l.length());
        }
        case Stmt.While w -> {
          host("while loop", StepFacts.both(w.condition(), w.body()));
          steps(w.condition(), ExampleAxis.inside(around, 1), runs);
          steps(w.body(), ExampleAxis.inside(around, 1), runs);
        }
        case Stmt.Branch b -> {
          host("branch", StepFacts.both(b.onTrue(), b.onFalse()));
          steps(b.onTrue(), around, runs);
          steps(b.onFalse(), around, runs);
        }
        case Stmt.Nest _, Stmt.Sort _ -> throw new AssertionError(s);
      }
    }

    private void host(String what, List<Stmt> steps) {
      String why =
          cooperative
              ? GridKernel.obstacle(steps)
              : "blocks that wait for each other are not wanted";
      rows.add(new Row(what, StepFacts.where(steps), Form.HOST, 0, 0, Optional.of(why)));
    }

    private static String what(List<Stmt> steps) {
      Stmt first = steps.getFirst();
      return switch (first) {
        case Stmt.Loop l when l.parallel() && l.body().getFirst() instanceof Stmt.Loop inner ->
            "loop of %d steps, %s, %d shares"
                .formatted(inner.length(), nests(l.body()), l.length());
        case Stmt.While w -> "while loop of " + nests(List.of(w));
        case Stmt.Nest n when steps.size() == 1 -> n.label();
        case Stmt.Sort _ when steps.size() == 1 -> "sort";
        default -> {
          int[] loops =
              steps.stream()
                  .filter(s -> s instanceof Stmt.Loop l && !l.body().isEmpty())
                  .mapToInt(s -> ((Stmt.Loop) s).length())
                  .toArray();
          String of =
              loops.length == 0 ? "" : ", among them loops of " + Arrays.toString(loops) + " steps";
          yield nests(steps) + of;
        }
      };
    }

    private static String nests(List<Stmt> steps) {
      return counted(Stmt.nests(steps), "nest");
    }
  }

  /** A line for each row. */
  @Override
  public String toString() {
    return String.join("\n", rows.stream().map(Row::toString).toList());
  }
}
