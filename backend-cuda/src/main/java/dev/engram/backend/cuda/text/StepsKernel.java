package dev.engram.backend.cuda.text;

import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.memory.BufferUses;
import dev.engram.lower.split.ExampleAxis;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Several steps as one kernel. Threads wait for each other where nests use the same buffers, and
 * nowhere else. Buffers that are exchanged are variables.
 */
abstract class StepsKernel {
  /** Memory of a block on every card. */
  static final int BLOCK_BYTES = 48 << 10;

  /** Stands for the scratch memory of sorts among buffers. */
  private static final int SCRATCH = -1;

  /** Stands for the record of failed checks. */
  static final int FAILURES = -2;

  final LoopProgram program;
  final TextOptions options;
  final CodeWriter out = new CodeWriter();
  final Params params;
  final List<Stmt> steps;

  /** Loops around the kernel. */
  final int depth;

  private final RowText rows;

  /** The counters of loops outside of the kernel that it uses. */
  private final Set<Integer> loops = new TreeSet<>();

  /** What nests have done since the last barrier. */
  private BufferUses since = none();

  /** Whether they have used memory of the block since its threads have met. */
  private boolean pooled;

  private int poolBytes;

  /** The most scratch memory of its sorts, in elements. */
  private final long scratch;

  private final boolean checks;
  private int branches;

  StepsKernel(
      LoopProgram program,
      Overlap overlap,
      List<Stmt> steps,
      int depth,
      RowText rows,
      TextOptions options) {
    this.program = program;
    this.steps = List.copyOf(steps);
    this.params = Params.of(program, overlap, steps);
    this.depth = depth;
    this.rows = rows;
    this.options = options;
    this.scratch = StepFacts.scratch(steps);
    this.checks = StepFacts.checks(steps);
  }

  /** What else is true of the one thread that counts. */
  abstract String counting();

  /** Writes that all threads wait for each other. */
  abstract void meet();

  /** Who does a nest, which has this number of a launch. */
  abstract Team team(String launch);

  /**
   * Takes a nest; what clashes with it has been written, and is over.
   *
   * @param body its code
   */
  abstract void take(String what, NestText nest, NestDivision.Written written, CodeWriter body);

  /**
   * Takes what is not divided point by point.
   *
   * @param blocks that have work to do
   */
  abstract void take(String what, CodeWriter body, long blocks);

  /** Writes the nests that were taken and have not been written. */
  abstract void flush();

  /** How many sorts go on at a time. */
  abstract long sorts();

  static BufferUses none() {
    return new BufferUses(new HashSet<>(), new HashSet<>(), new HashSet<>());
  }

  /**
   * @param first the number of the first launch, in C
   */
  final void steps(List<Stmt> steps, List<Integer> trips, String first) {
    long number = 0;
    for (Stmt s : steps) {
      String launch = number == 0 ? first : first + " + " + number;
      switch (s) {
        case Stmt.Nest n -> nest(n, trips, launch);
        case Stmt.Sort o -> sort(o, trips);
        case Stmt.Loop l -> loop(l, trips, launch);
        case Stmt.Branch b -> branch(b, trips, launch);
        case Stmt.Tell _, Stmt.While _ -> throw new AssertionError(s);
      }
      number += Launches.count(s);
    }
  }

  private void loop(Stmt.Loop l, List<Integer> trips, String first) {
    barrier();
    int d = trips.size();
    out.line("#pragma unroll 1");
    out.open("for (int n%s = 0; n%s < %s; n%s++) {", d, d, l.length(), d);
    out.line("int t%s = %sn%s;", d, l.reverse() ? l.length() - 1 + " - " : "", d);
    String at = "%s + n%s * %sull".formatted(first, d, Launches.count(l.body()));
    steps(l.body(), ExampleAxis.inside(trips, l.length()), at);
    barrier();
    swaps(l.swaps());
    out.close();
  }

  final void swaps(List<Stmt.Swap> swaps) {
    for (Stmt.Swap s : swaps) {
      out.line("eg_swap(%s, %s);", params.name(s.a()), params.name(s.b()));
    }
  }

  /** All threads go the same way: they have read the predicate before someone writes it again. */
  private void branch(Stmt.Branch b, List<Integer> trips, String first) {
    before(read(b.predicate().buffer()));
    flush();
    int number = branches++;
    out.open("if (%s) {", holds(b.predicate()));
    out.line("if (threadIdx.x == 0%s) atomicAdd(taken + %s, 1u);", counting(), number);
    BufferUses start = copy(since);
    boolean startPooled = pooled;
    steps(b.onTrue(), trips, first);
    flush();
    out.close();
    BufferUses onTrue = since;
    boolean truePooled = pooled;
    since = start;
    pooled = startPooled;
    out.open("else {");
    steps(b.onFalse(), trips, first + " + " + Launches.count(b.onTrue()));
    flush();
    out.close();
    add(onTrue);
    pooled |= truePooled;
  }

  static BufferUses read(int buffer) {
    BufferUses read = none();
    read.reads().add(buffer);
    return read;
  }

  /** Whether the predicate of a branch or loop is true, in C. */
  final String holds(Access predicate) {
    AffineMap at = predicate.at();
    StringBuilder sum = new StringBuilder(CTypes.literal(at.offset()));
    for (int t = 0; t < at.outer().size(); t++) {
      if (at.outer().get(t) != 0) {
        sum.append(" + ").append(CTypes.literal(at.outer().get(t))).append(" * t").append(t);
        uses(t);
      }
    }
    return params.name(predicate.buffer()) + "[" + sum + "] != 0";
  }

  /** A counter that is not declared in the kernel is one of its parameters. */
  private void uses(int counter) {
    if (counter < depth) {
      loops.add(counter);
    }
  }

  private static BufferUses copy(BufferUses u) {
    return new BufferUses(
        new HashSet<>(u.reads()), new HashSet<>(u.writes()), new HashSet<>(u.swaps()));
  }

  private void add(BufferUses more) {
    since.reads().addAll(more.reads());
    since.writes().addAll(more.writes());
  }

  /** What steps use, with all buffers that share memory with those they write. */
  private BufferUses uses(Stmt s) {
    BufferUses uses = BufferUses.of(s);
    for (int w : List.copyOf(uses.writes())) {
      uses.writes().addAll(params.sharing(w));
    }
    return uses;
  }

  /** All that was done is over for all threads. */
  final void barrier() {
    flush();
    if (pooled || !since.all().isEmpty()) {
      meet();
      since = none();
      pooled = false;
    }
  }

  /** A barrier where what comes now clashes with what has been. */
  final void before(BufferUses next) {
    if (since.clashes(next)) {
      barrier();
    }
    add(next);
  }

  private void nest(Stmt.Nest n, List<Integer> trips, String launch) {
    NestText nest = new NestText(program.buffers(), n, trips, params, rows, options, team(launch));
    if (nest.results() == 0) {
      return;
    }
    CodeWriter body = new CodeWriter();
    NestDivision.Written written = NestDivision.write(nest, body);
    BufferUses uses = uses(n);
    if (nest.checks()) {
      // In any order: what is recorded does not depend on it.
      since.writes().remove(FAILURES);
      uses.writes().add(FAILURES);
    }
    before(uses);
    if (pooled && nest.sharedBytes() > 0) {
      flush();
      out.line("__syncthreads();");
    }
    nest.index.loops().forEach(this::uses);
    take(
        "%s [%s]%s".formatted(n.label(), nest.extent(), CudaText.line(n.where())),
        nest,
        written,
        body);
    pooled |= nest.sharedBytes() > 0;
    poolBytes = Math.max(poolBytes, nest.sharedBytes());
  }

  private void sort(Stmt.Sort s, List<Integer> trips) {
    if (SortText.scratch(s) == 0) {
      return;
    }
    SortText sort =
        new SortText(program.buffers(), s, trips, params, options, team("launch"), scratch);
    CodeWriter body = new CodeWriter();
    sort.write(body);
    BufferUses uses = uses(s);
    uses.writes().add(SCRATCH);
    before(uses);
    sort.index().loops().forEach(this::uses);
    take(sort.describe(), body, sort.rows());
  }

  /** Writes the code of a nest or a sort. */
  final void put(String what, CodeWriter body) {
    flush();
    out.line("// %s", what);
    out.open("{");
    out.lines(body);
    out.close();
  }

  /** What nests need of the memory of a block. */
  final int poolBytes() {
    return poolBytes;
  }

  /** True where it has checks. */
  final boolean checks() {
    return checks;
  }

  /** What it computes, for a comment. */
  abstract String use();

  /** The declarations of its parameters. */
  final List<String> declared() {
    List<String> all = params.declared();
    if (scratch > 0) {
      all.add("UPDATE(int) order");
    }
    if (isCooperative()) {
      all.add("u32* barrier");
    }
    if (branches > 0) {
      all.add("u32* taken");
    }
    loops.forEach(t -> all.add("int t" + t));
    if (checks) {
      all.add("Failure* failed");
      all.add("u64 launch");
    }
    if (steps.getFirst() instanceof Stmt.While) {
      all.add("int* turns");
      all.add("int most");
    }
    return all;
  }

  /** True where blocks wait for each other. */
  abstract boolean isCooperative();

  /** Blocks that have work to do. */
  abstract long blocks();

  /** The code between the braces. */
  abstract CodeWriter body();

  /**
   * @param place of its first nest
   */
  final CudaKernel kernel(int place) {
    return new CudaKernel(
        steps,
        "",
        params.buffers(),
        scratch > 0 ? List.of(scratch * sorts() * Integer.BYTES) : List.of(),
        isCooperative(),
        branches,
        List.copyOf(loops),
        checks,
        options.threads(),
        blocks(),
        place);
  }
}
