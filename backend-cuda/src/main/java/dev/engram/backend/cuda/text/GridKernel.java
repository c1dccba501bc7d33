package dev.engram.backend.cuda.text;

import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.split.ExampleAxis;
import dev.engram.lower.split.Exchange;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Steps that follow each other as one kernel, whose blocks wait for each other where nests clash:
 * all of them must be on the card at the same time, so it is launched as a cooperative kernel. A
 * kernel of a while loop ends after so many turns, so that the host sees whether it is to stop, and
 * writes how many there were and whether there may be more.
 */
final class GridKernel extends StepsKernel {
  /** Most nests of a kernel: the time of a compiler grows faster than their number. */
  private static final int MOST_NESTS = 64;

  /**
   * Blocks that have work to do at the same time: of nests since the last barrier, and the most.
   */
  private long blocks;

  private long mostBlocks = 1;
  private boolean meets;

  GridKernel(
      LoopProgram program,
      Overlap overlap,
      List<Stmt> steps,
      List<Integer> trips,
      RowText rows,
      TextOptions options) {
    super(program, overlap, steps, trips.size(), rows, options);
    if (steps.getFirst() instanceof Stmt.While w) {
      turns(w, trips);
    } else {
      steps(steps, trips, "launch");
    }
  }

  /** How many steps from this one on are one kernel; 0 where there is none for several of them. */
  static int run(List<Stmt> steps, int from) {
    Stmt first = steps.get(from);
    if (first instanceof Stmt.While w) {
      boolean fits =
          w.condition().stream().allMatch(GridKernel::fits)
              && w.body().stream().allMatch(GridKernel::fits)
              && !exchanges(w.condition());
      return fits && isSmall(List.of(w)) ? 1 : 0;
    }
    int n = 0;
    boolean control = false;
    while (from + n < steps.size()
        && fits(steps.get(from + n))
        && isSmall(steps.subList(from, from + n + 1))) {
      Stmt s = steps.get(from + n);
      control |= s instanceof Stmt.Loop || s instanceof Stmt.Branch;
      n++;
    }
    return n > 1 || control ? n : 0;
  }

  private static boolean isSmall(List<Stmt> steps) {
    return Stmt.nests(steps) <= MOST_NESTS && StepFacts.hasRoom(steps);
  }

  private static boolean fits(Stmt s) {
    return obstacle(s).isEmpty();
  }

  /** Why these steps of a loop or a branch are not one kernel. */
  static String obstacle(List<Stmt> steps) {
    return steps.stream()
        .flatMap(s -> obstacle(s).stream())
        .findFirst()
        .orElse(
            Stmt.nests(steps) > MOST_NESTS
                ? "it has %d nests, of which a kernel takes %d"
                    .formatted(Stmt.nests(steps), MOST_NESTS)
                : "its condition exchanges buffers, or it has too many of them");
  }

  private static Optional<String> obstacle(Stmt s) {
    return switch (s) {
      case Stmt.Nest _, Stmt.Sort _ -> Optional.empty();
      case Stmt.Loop l ->
          l.parallel()
              ? Optional.of("a loop in it is in shares")
              : l.body().stream().flatMap(b -> obstacle(b).stream()).findFirst();
      case Stmt.Branch b ->
          exchanges(b.onTrue()) || exchanges(b.onFalse())
              ? Optional.of("a branch exchanges buffers")
              : StepFacts.both(b.onTrue(), b.onFalse()).stream()
                  .flatMap(t -> obstacle(t).stream())
                  .findFirst();
      case Stmt.Tell t -> Optional.of(t.op().mnemonic() + " tells the host something");
      case Stmt.While _ -> Optional.of("there is a while loop in it");
    };
  }

  /** True where buffers lie elsewhere after these steps; branches among them exchange none. */
  private static boolean exchanges(List<Stmt> steps) {
    return !Exchange.of(steps).isNone();
  }

  /** Threads have read what decides before anyone may write it. */
  private void turns(Stmt.While w, List<Integer> trips) {
    List<Integer> inside = ExampleAxis.inside(trips, 1);
    String launch = "launch + turn * " + Launches.countOfTurn(w) + "ull";
    out.line("int t%s = 0;", depth);
    out.line("int turn = 0;");
    out.line("bool more = true;");
    out.open("while (turn < most) {");
    steps(w.condition(), inside, launch);
    before(read(w.predicate().buffer()));
    if (checks()) {
      before(read(FAILURES));
    }
    flush();
    String failed = checks() ? " && failed->launch == ~0ull" : "";
    out.line("more = %s%s;", holds(w.predicate()), failed);
    out.line("if (!more) break;");
    steps(w.body(), inside, launch + " + " + Launches.count(w.condition()));
    barrier();
    swaps(w.swaps());
    out.line("turn++;");
    out.close();
    out.open("if (blockIdx.x == 0 && threadIdx.x == 0) {");
    out.line("turns[0] = turn;");
    out.line("turns[1] = more;");
    out.close();
  }

  @Override
  String counting() {
    return " && blockIdx.x == 0";
  }

  @Override
  void meet() {
    meets = true;
    out.line("eg_grid_barrier(barrier);");
    blocks = 0;
  }

  @Override
  Team team(String launch) {
    return Team.grid(launch);
  }

  @Override
  long sorts() {
    return 1;
  }

  @Override
  void take(String what, NestText nest, NestDivision.Written written, CodeWriter body) {
    take(what, body, (written.work() + options.threads() - 1) / options.threads());
  }

  /** Blocks that have nothing to do in one nest begin with the next one. */
  @Override
  void take(String what, CodeWriter body, long more) {
    CodeWriter turned = new CodeWriter();
    turned.line(
        "int block = %s;", blocks == 0 ? "blockIdx.x" : "eg_turned(" + blocks % (1 << 30) + ")");
    turned.lines(body);
    put(what, turned);
    blocks += more;
    mostBlocks = Math.max(mostBlocks, blocks);
  }

  @Override
  void flush() {}

  @Override
  String use() {
    String labels =
        Stmt.leaves(steps)
            .map(s -> s instanceof Stmt.Nest n ? n.label() : "sort")
            .collect(Collectors.joining(", "));
    return "%s nests, one after the other where they clash: %s"
        .formatted(Stmt.nests(steps), labels);
  }

  @Override
  boolean isCooperative() {
    return meets;
  }

  @Override
  long blocks() {
    return mostBlocks;
  }

  @Override
  CodeWriter body() {
    CodeWriter all = new CodeWriter();
    if (poolBytes() > 0) {
      all.line("POOL(%s);", poolBytes());
    }
    all.lines(out);
    return all;
  }
}
