package dev.engram.backend.cuda.text;

import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.memory.BufferUses;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A divided loop as one kernel: a block of threads for each share goes through all steps. No block
 * waits for another one; the threads of a block wait for each other where nests use the same
 * buffers, and nests that do not are done side by side. Buffers that are exchanged are variables.
 * What the loop writes is kept in memory of the block as far as that goes.
 */
final class LoopKernel {
  private static final String BARRIER = "__syncthreads();";

  /** Memory of a block on every card. */
  private static final int BLOCK_BYTES = 48 << 10;

  private static final int WARP = 32;

  private final LoopProgram program;
  private final Stmt.Loop loop;
  private final RowText rows;
  private final TextOptions options;
  private final CodeWriter out = new CodeWriter();
  private final Params params;
  private final List<BlockBuffers.Kept> kept;
  private final int keptBytes;

  /** Depth of the loop over the shares. */
  private final int depth;

  private final String share;

  /** The counters of loops outside of the kernel that it uses. */
  private final Set<Integer> loops = new TreeSet<>();

  /** What nests have done since the last barrier. */
  private BufferUses since = none();

  /** Whether they have used memory of the block. */
  private boolean pooled;

  /** Nests that clash neither with each other nor with what was done since the last barrier. */
  private final List<Member> sideBySide = new ArrayList<>();

  private int poolBytes;
  private long scratchBytes;
  private boolean checks;
  private long mostPoints;

  /**
   * A nest that has a thread for each point.
   *
   * @param body for point {@code g}
   */
  private record Member(String what, NestText nest, CodeWriter body) {
    /** Whole warps, so that no warp does the work of two nests. */
    long threads() {
      return warps(nest.results());
    }
  }

  /** The threads of as many warps as have so many. */
  private static long warps(long threads) {
    return (threads + WARP - 1) / WARP * WARP;
  }

  private LoopKernel(
      LoopProgram program,
      Stmt.Loop loop,
      List<Integer> trips,
      RowText rows,
      TextOptions options,
      List<BlockBuffers.Kept> kept) {
    this.program = program;
    this.loop = loop;
    this.rows = rows;
    this.options = options;
    this.params = Params.of(program, loop);
    this.kept = kept;
    this.depth = trips.size();
    this.share = "t" + depth;
    int end = 0;
    int names = 0;
    for (BlockBuffers.Kept k : kept) {
      params.keep(k.buffer(), "s" + names++);
      end = Math.max(end, k.at() + Math.toIntExact(k.length()) * bytes(k));
    }
    this.keptBytes = (end + 15) / 16 * 16;
    write(trips);
  }

  private int bytes(BlockBuffers.Kept k) {
    return program.buffers().get(k.buffer()).type().dtype().bytes();
  }

  /** Writes it with as many threads as find work at the same time, and what memory is left. */
  static LoopKernel of(
      LoopProgram program, Stmt.Loop loop, List<Integer> trips, RowText rows, TextOptions options) {
    LoopKernel first = new LoopKernel(program, loop, trips, rows, options, List.of());
    long least = warps(options.threads() / 2);
    int threads = (int) Math.clamp(warps(first.mostPoints), least, 2L * options.threads());
    List<BlockBuffers.Kept> kept =
        BlockBuffers.of(program, loop, trips, BLOCK_BYTES - 2 * first.poolBytes);
    return new LoopKernel(program, loop, trips, rows, options.withThreads(threads), kept);
  }

  /** True for loops that are kernels. */
  static boolean fits(Stmt.Loop l) {
    return l.parallel();
  }

  private static BufferUses none() {
    return new BufferUses(new HashSet<>(), new HashSet<>(), new HashSet<>());
  }

  private void write(List<Integer> trips) {
    List<Integer> inside = with(trips, loop.length());
    out.open(
        "for (int %s = blockIdx.x; %s < %s; %s += gridDim.x) {",
        share, share, loop.length(), share);
    copies(true);
    steps(loop.body(), inside, "launch");
    barrier();
    swaps(loop.swaps());
    copies(false);
    out.close();
  }

  /** Copies the share of each buffer that is kept, into the memory of the block or back. */
  private void copies(boolean in) {
    boolean some = false;
    for (BlockBuffers.Kept k : kept) {
      if (k.copied()) {
        some = true;
        String inside = params.name(k.buffer()) + "[k]";
        String outside =
            "%s[(i64)%s * %s + k]".formatted(params.outside(k.buffer()), share, k.length());
        out.line(
            "for (int k = threadIdx.x; k < %s; k += blockDim.x) %s = %s;",
            k.length(), in ? inside : outside, in ? outside : inside);
      }
    }
    if (some) {
      out.line(BARRIER);
    }
  }

  static List<Integer> with(List<Integer> trips, int more) {
    List<Integer> all = new ArrayList<>(trips);
    all.add(more);
    return all;
  }

  /**
   * @param first the number of the first launch, in C
   */
  private void steps(List<Stmt> steps, List<Integer> trips, String first) {
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
    steps(l.body(), with(trips, l.length()), at);
    barrier();
    swaps(l.swaps());
    out.close();
  }

  private void swaps(List<Stmt.Swap> swaps) {
    for (Stmt.Swap s : swaps) {
      out.line("eg_swap(%s, %s);", params.name(s.a()), params.name(s.b()));
    }
  }

  /** All threads go the same way: they have read the predicate before someone writes it again. */
  private void branch(Stmt.Branch b, List<Integer> trips, String first) {
    BufferUses read = none();
    read.reads().add(b.predicate().buffer());
    before(read);
    flush();
    out.open("if (%s[%s] != 0) {", params.name(b.predicate().buffer()), position(b.predicate()));
    BufferUses start = copy(since);
    boolean startPooled = pooled;
    steps(b.onTrue(), trips, first);
    BufferUses onTrue = since;
    boolean truePooled = pooled;
    since = start;
    pooled = startPooled;
    flush();
    out.close();
    out.open("else {");
    steps(b.onFalse(), trips, first + " + " + Launches.count(b.onTrue()));
    flush();
    out.close();
    add(onTrue);
    pooled |= truePooled;
  }

  private String position(Access a) {
    AffineMap at = a.at();
    StringBuilder sum = new StringBuilder(CTypes.literal(at.offset()));
    for (int t = 0; t < at.outer().size(); t++) {
      if (at.outer().get(t) != 0) {
        sum.append(" + ").append(CTypes.literal(at.outer().get(t))).append(" * t").append(t);
        uses(t);
      }
    }
    return sum.toString();
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

  private void barrier() {
    flush();
    if (pooled || !since.all().isEmpty()) {
      out.line(BARRIER);
      since = none();
      pooled = false;
    }
  }

  /** A barrier where what comes now clashes with what has been. */
  private void before(BufferUses next) {
    if (since.clashes(next)) {
      barrier();
    }
    add(next);
  }

  private void nest(Stmt.Nest n, List<Integer> trips, String launch) {
    Team team = new Team(true, launch, depth, keptBytes);
    NestText nest = new NestText(program.buffers(), n, trips, params, rows, options, team);
    if (nest.results() == 0) {
      return;
    }
    String what = "%s [%s]%s".formatted(n.label(), nest.extent(), CudaText.line(n.where()));
    CodeWriter body = new CodeWriter();
    NestKernel.Written written = NestKernel.write(nest, body);
    if (pooled && nest.sharedBytes() > 0) {
      barrier();
    }
    before(BufferUses.of(n));
    nest.index.loops().forEach(this::uses);
    checks |= nest.checks();
    if (written.isPointwise()) {
      sideBySide.add(new Member(what, nest, NestKernel.atPoint(nest)));
    } else {
      put(what, body);
      mostPoints = Math.max(mostPoints, written.work());
    }
    pooled |= nest.sharedBytes() > 0;
    poolBytes = Math.max(poolBytes, nest.sharedBytes());
  }

  private void sort(Stmt.Sort s, List<Integer> trips) {
    Team team = new Team(true, "launch", depth, keptBytes);
    SortText sort = new SortText(program.buffers(), s, trips, params, options, team);
    CodeWriter body = new CodeWriter();
    sort.write(body);
    // All sorts of a block use the same scratch memory.
    barrier();
    before(BufferUses.of(s));
    sort.index().loops().forEach(this::uses);
    put(sort.describe(), body);
    pooled = true;
    scratchBytes = Math.max(scratchBytes, sort.scratchBytes() * loop.length());
  }

  private void put(String what, CodeWriter body) {
    flush();
    out.line("// %s", what);
    out.open("{");
    write(body);
    out.close();
  }

  private void write(CodeWriter body) {
    body.toString().lines().forEach(l -> out.line("%s", l));
  }

  /** Writes the nests that are done side by side, each by warps of its own. */
  private void flush() {
    if (sideBySide.isEmpty()) {
      return;
    }
    long all = sideBySide.stream().mapToLong(Member::threads).sum();
    mostPoints = Math.max(mostPoints, all);
    if (sideBySide.size() == 1 || all > Integer.MAX_VALUE / 2) {
      sideBySide.forEach(this::alone);
    } else {
      together(all);
    }
    sideBySide.clear();
  }

  private void alone(Member m) {
    out.line("// %s", m.what);
    m.nest.eachPoint(out, m.nest.results());
    write(m.body);
    out.close();
  }

  private void together(long all) {
    out.open("for (int w = threadIdx.x; w < %s; w += blockDim.x) {", all);
    long from = 0;
    for (Member m : sideBySide) {
      out.line("// %s", m.what);
      String first = from == 0 ? "w" : "w - " + from;
      out.open(
          "if (%sw < %s) {", from == 0 ? "" : "w >= " + from + " && ", from + m.nest.results());
      out.line("%s g = %s;", m.nest.index.type(), first);
      write(m.body);
      out.close();
      from += m.threads();
    }
    out.close();
  }

  /** What it computes, for a comment. */
  String use() {
    long nests = Launches.count(loop);
    return "loop of %s shares, %s nests one after the other".formatted(loop.length(), nests);
  }

  List<String> declared() {
    List<String> all = params.declared();
    if (scratchBytes > 0) {
      all.add("UPDATE(int) order");
    }
    loops.forEach(t -> all.add("int t" + t));
    if (checks) {
      all.add("Failure* failed");
      all.add("u64 launch");
    }
    return all;
  }

  /** The code between the braces. */
  CodeWriter body() {
    CodeWriter all = new CodeWriter();
    if (keptBytes + poolBytes > 0) {
      all.line("POOL(%s);", keptBytes + poolBytes);
    }
    for (BlockBuffers.Kept k : kept) {
      String type = CTypes.memory(program.buffers().get(k.buffer()).type().dtype());
      all.line("POOLED(%s, %s, %s, %s);", type, params.name(k.buffer()), k.at(), k.length());
    }
    out.toString().lines().forEach(l -> all.line("%s", l));
    return all;
  }

  /**
   * @param place of its first nest
   */
  CudaKernel kernel(int place) {
    return new CudaKernel(
        loop,
        "",
        params.buffers(),
        scratchBytes > 0 ? List.of(scratchBytes) : List.of(),
        List.copyOf(loops),
        checks,
        options.threads(),
        loop.length(),
        place);
  }
}
