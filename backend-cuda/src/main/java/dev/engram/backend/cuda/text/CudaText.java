package dev.engram.backend.cuda.text;

import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Writes a loop program as CUDA C: a kernel for each nest and sort. Loops, branches and notices are
 * the host's.
 */
public final class CudaText {
  private final LoopProgram program;
  private final TextOptions options;
  private final RowText rows = new RowText();
  private final List<CudaKernel> kernels = new ArrayList<>();

  /** Function bodies by their name, and the names by parameters and body. */
  private final Map<String, Function> functions = new LinkedHashMap<>();

  private final Map<String, Function> known = new HashMap<>();

  private static final class Function {
    final String name;
    final String code;

    /** What it computes, with the user's lines. */
    final Set<String> uses = new LinkedHashSet<>();

    Function(String name, String code) {
      this.name = name;
      this.code = code;
    }
  }

  private CudaText(LoopProgram program, TextOptions options) {
    this.program = program;
    this.options = options;
  }

  /** The text of {@code program}; it needs no device. */
  public static CudaSource of(LoopProgram program, TextOptions options) {
    CudaText text = new CudaText(program, options);
    text.steps(program.steps(), List.of());
    SequencedMap<String, String> functions = new LinkedHashMap<>();
    text.functions.forEach((name, f) -> functions.put(name, comment(f) + f.code + "\n"));
    return new CudaSource(text.head(), functions, text.kernels);
  }

  /** What every text begins with. */
  public static String prelude() {
    return resource("prelude.cu");
  }

  private static String resource(String name) {
    try (InputStream in = CudaText.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String head() {
    StringBuilder out = new StringBuilder();
    out.append("// @").append(program.name()).append("; compile with ");
    out.append(String.join(" ", CudaSource.OPTIONS)).append("\n\n").append(prelude());
    out.append('\n');
    if (rows.isSpecial()) {
      out.append(resource("special.cu"));
    }
    out.append(rows.functions());
    return out.toString();
  }

  private static String comment(Function f) {
    StringBuilder out = new StringBuilder();
    f.uses.forEach(u -> out.append("// ").append(u).append('\n'));
    return out.toString();
  }

  /**
   * @param trips numbers of runs of the loops around
   */
  private void steps(List<Stmt> steps, List<Integer> trips) {
    for (Stmt s : steps) {
      switch (s) {
        case Stmt.Nest n -> nest(n, trips);
        case Stmt.Sort o -> sort(o, trips);
        case Stmt.Tell _ -> {}
        case Stmt.Loop l -> steps(l.body(), with(trips, l.length()));
        case Stmt.While w -> {
          // Its counter is always 0.
          steps(w.condition(), with(trips, 1));
          steps(w.body(), with(trips, 1));
        }
        case Stmt.Branch b -> {
          steps(b.onTrue(), trips);
          steps(b.onFalse(), trips);
        }
      }
    }
  }

  private static List<Integer> with(List<Integer> trips, int more) {
    List<Integer> all = new ArrayList<>(trips);
    all.add(more);
    return all;
  }

  private void nest(Stmt.Nest n, List<Integer> trips) {
    NestText nest = new NestText(program.buffers(), n, trips, rows, options);
    CodeWriter body = new CodeWriter();
    int threads = options.threads();
    long work;
    Optional<TileKernel> tile = TileKernel.of(nest, body);
    Optional<LeafKernel> leaf = LeafKernel.of(nest, body);
    Optional<LaneKernel> lane = LaneKernel.of(nest, body);
    if (nest.results() == 0) {
      work = 0;
    } else if (ScatterKernel.fits(nest)) {
      work = new ScatterKernel(nest, body).write();
    } else if (leaf.isPresent()) {
      work = leaf.get().write();
    } else if (tile.isPresent()) {
      threads = tile.get().threads();
      work = tile.get().write();
    } else if (lane.isPresent()) {
      work = lane.get().write();
    } else {
      work = new PointKernel(nest, body).write();
    }
    List<String> params = nest.params.declared();
    nest.index.loops().forEach(t -> params.add("int t" + t));
    if (nest.checks()) {
      params.add("Failure* failed");
      params.add("u64 launch");
    }
    String use =
        n.label() + " [" + nest.extent() + "]" + (n.where().isKnown() ? "  " + n.where() : "");
    add(
        n.label(),
        use,
        params,
        body,
        new CudaKernel(
            n,
            "",
            nest.params.buffers(),
            List.of(),
            nest.index.loops(),
            nest.checks(),
            threads,
            (work + threads - 1) / threads,
            kernels.size()));
  }

  private void sort(Stmt.Sort s, List<Integer> trips) {
    SortText sort = new SortText(program.buffers(), s, trips, options);
    CodeWriter body = new CodeWriter();
    sort.write(body);
    List<String> params = sort.params().declared();
    params.add("UPDATE(int) order");
    sort.index().loops().forEach(t -> params.add("int t" + t));
    String use =
        "sort of %s rows of %s%s"
            .formatted(sort.rows(), s.length(), s.where().isKnown() ? "  " + s.where() : "");
    add(
        "sort",
        use,
        params,
        body,
        new CudaKernel(
            s,
            "",
            sort.params().buffers(),
            List.of(sort.scratchBytes()),
            sort.index().loops(),
            false,
            options.threads(),
            sort.rows(),
            kernels.size()));
  }

  private void add(String label, String use, List<String> params, CodeWriter body, CudaKernel k) {
    CodeWriter code = new CodeWriter();
    String key = k.threads() + String.join(",", params) + body;
    Function f = known.get(key);
    if (f == null) {
      String word = label.replaceAll("[^A-Za-z0-9]+", "_").replaceAll("^_|_$", "");
      String name = "k" + functions.size() + (word.isEmpty() ? "" : "_" + word);
      code.line("KERNEL(%s) %s(", k.threads(), name);
      code.open("    %s) {", String.join(",\n    ", params));
      body.toString().lines().forEach(l -> code.line("%s", l));
      code.close();
      f = new Function(name, code.toString());
      known.put(key, f);
      functions.put(name, f);
    }
    f.uses.add(use);
    kernels.add(
        new CudaKernel(
            k.step(),
            f.name,
            k.buffers(),
            k.scratchBytes(),
            k.loops(),
            k.checks(),
            k.threads(),
            k.blocks(),
            k.place()));
  }
}
