package dev.engram.backend.cuda.text;

import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.split.ExampleAxis;
import java.util.ArrayList;
import java.util.List;

/**
 * A divided loop as one kernel: a block of threads for each share goes through all steps, and no
 * block waits for another one. Nests that do not clash are done side by side. What the loop writes
 * is kept in memory of the block as far as that goes.
 */
final class LoopKernel extends StepsKernel {
  private static final String BARRIER = "__syncthreads();";
  private static final int WARP = 32;

  private final Stmt.Loop loop;
  private final List<BlockBuffers.Kept> kept;
  private final int keptBytes;
  private final String share;

  /** Nests that clash neither with each other nor with what was done since the last barrier. */
  private final List<Member> sideBySide = new ArrayList<>();

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
      Overlap overlap,
      Stmt.Loop loop,
      List<Integer> trips,
      RowText rows,
      TextOptions options,
      List<BlockBuffers.Kept> kept) {
    super(program, overlap, List.of(loop), trips.size(), rows, options);
    this.loop = loop;
    this.kept = kept;
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
      LoopProgram program,
      Overlap overlap,
      Stmt.Loop loop,
      List<Integer> trips,
      RowText rows,
      TextOptions options) {
    LoopKernel first = new LoopKernel(program, overlap, loop, trips, rows, options, List.of());
    long least = warps(options.threads() / 2);
    long most = Math.min(TextOptions.MOST_THREADS, 2L * options.threads());
    int threads = (int) Math.clamp(warps(first.mostPoints), least, most);
    TextOptions own = options.withThreads(threads);
    int pool = new LoopKernel(program, overlap, loop, trips, rows, own, List.of()).poolBytes();
    List<BlockBuffers.Kept> kept =
        BlockBuffers.of(program, overlap, loop, trips, BLOCK_BYTES - pool);
    return new LoopKernel(program, overlap, loop, trips, rows, own, kept);
  }

  /** True for divided loops, unless they have more buffers than a kernel may have parameters. */
  static boolean fits(Stmt.Loop l) {
    return l.parallel() && StepFacts.hasRoom(List.of(l));
  }

  private void write(List<Integer> trips) {
    List<Integer> inside = ExampleAxis.inside(trips, loop.length());
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

  @Override
  String counting() {
    return "";
  }

  @Override
  void meet() {
    out.line(BARRIER);
  }

  @Override
  Team team(String launch) {
    return Team.block(launch, depth, keptBytes);
  }

  @Override
  long sorts() {
    return loop.length();
  }

  @Override
  void take(String what, NestText nest, NestDivision.Written written, CodeWriter body) {
    if (written.isPointwise()) {
      sideBySide.add(new Member(what, nest, NestDivision.atPoint(nest)));
    } else {
      put(what, body);
      mostPoints = Math.max(mostPoints, written.work());
    }
  }

  @Override
  void take(String what, CodeWriter body, long blocks) {
    put(what, body);
  }

  /** Each of the nests has warps of its own. */
  @Override
  void flush() {
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
    out.lines(m.body);
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
      out.lines(m.body);
      out.close();
      from += m.threads();
    }
    out.close();
  }

  @Override
  String use() {
    long nests = Launches.count(loop);
    return "loop of %s shares, %s nests one after the other".formatted(loop.length(), nests);
  }

  @Override
  boolean isCooperative() {
    return false;
  }

  @Override
  long blocks() {
    return loop.length();
  }

  @Override
  CodeWriter body() {
    CodeWriter all = new CodeWriter();
    if (keptBytes + poolBytes() > 0) {
      all.line("POOL(%s);", keptBytes + poolBytes());
    }
    for (BlockBuffers.Kept k : kept) {
      String type = CTypes.memory(program.buffers().get(k.buffer()).type().dtype());
      all.line("POOLED(%s, %s, %s, %s);", type, params.name(k.buffer()), k.at(), k.length());
    }
    all.lines(out);
    return all;
  }
}
