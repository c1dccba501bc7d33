package dev.engram.backend.cuda.text;

import dev.engram.ir.SourceLocation;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import dev.engram.lower.split.ExampleAxis;
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
import java.util.SequencedMap;
import java.util.Set;

/**
 * Writes a loop program as CUDA C: a kernel for each divided loop, and for each other nest and
 * sort. Other loops, branches and notices are the host's.
 */
public final class CudaText {
  private final LoopProgram program;
  private final Overlap overlap;
  private final TextOptions options;
  private final RowText rows = new RowText();
  private final List<CudaKernel> kernels = new ArrayList<>();

  /** Nests and sorts so far. */
  private int places;

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
    this.overlap = new Overlap(program);
    this.options = options;
  }

  /** The text of {@code program}; it needs no device. */
  public static CudaSource of(LoopProgram program, TextOptions options) {
    CudaText text = new CudaText(program, options);
    int first = program.firstUpdate();
    text.steps(program.steps().subList(0, first), List.of());
    text.steps(program.steps().subList(first, program.steps().size()), List.of());
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
    for (int i = 0; i < steps.size(); ) {
      int together = options.cooperative() ? GridKernel.run(steps, i) : 0;
      if (together > 0) {
        List<Stmt> some = steps.subList(i, i + together);
        add("steps", some, new GridKernel(program, overlap, some, trips, rows, options));
        i += together;
      } else {
        step(steps.get(i++), trips);
      }
    }
  }

  private void step(Stmt s, List<Integer> trips) {
    switch (s) {
      case Stmt.Nest n -> nest(n, trips);
      case Stmt.Sort o -> sort(o, trips);
      case Stmt.Tell _ -> {}
      case Stmt.Loop l when LoopKernel.fits(l) ->
          add("loop", List.of(l), LoopKernel.of(program, overlap, l, trips, rows, options));
      case Stmt.Loop l -> steps(l.body(), ExampleAxis.inside(trips, l.length()));
      case Stmt.While w -> {
        // Its counter is always 0.
        steps(w.condition(), ExampleAxis.inside(trips, 1));
        steps(w.body(), ExampleAxis.inside(trips, 1));
      }
      case Stmt.Branch b -> {
        steps(b.onTrue(), trips);
        steps(b.onFalse(), trips);
      }
    }
  }

  private void nest(Stmt.Nest n, List<Integer> trips) {
    Params buffers = Params.of(program.buffers(), n);
    NestText nest = new NestText(program.buffers(), n, trips, buffers, rows, options, Team.ALL);
    CodeWriter body = new CodeWriter();
    NestDivision.Written written = NestDivision.write(nest, body);
    List<String> params = buffers.declared();
    nest.index.loops().forEach(t -> params.add("int t" + t));
    if (nest.checks()) {
      params.add("Failure* failed");
      params.add("u64 launch");
    }
    add(
        n.label(),
        n.label() + " [" + nest.extent() + "]" + line(n.where()),
        params,
        body,
        new CudaKernel(
            List.of(n),
            "",
            buffers.buffers(),
            List.of(),
            false,
            0,
            nest.index.loops(),
            nest.checks(),
            written.threads(),
            (written.work() + written.threads() - 1) / written.threads(),
            places++));
  }

  /** The user's line, for a comment. */
  static String line(SourceLocation where) {
    return where.isKnown() ? "  " + where : "";
  }

  private void sort(Stmt.Sort s, List<Integer> trips) {
    Params buffers = Params.of(program.buffers(), s);
    SortText sort = new SortText(program.buffers(), s, trips, buffers, options, Team.ALL, 0);
    CodeWriter body = new CodeWriter();
    sort.write(body);
    List<String> params = buffers.declared();
    params.add("UPDATE(int) order");
    sort.index().loops().forEach(t -> params.add("int t" + t));
    add(
        "sort",
        sort.describe(),
        params,
        body,
        new CudaKernel(
            List.of(s),
            "",
            buffers.buffers(),
            List.of(SortText.scratch(s) * Integer.BYTES),
            false,
            0,
            sort.index().loops(),
            false,
            options.threads(),
            sort.rows(),
            places++));
  }

  private void add(String label, List<Stmt> steps, StepsKernel k) {
    add(label, k.use(), k.declared(), k.body(), k.kernel(places));
    places += Stmt.nests(steps);
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
            k.steps(),
            f.name,
            k.buffers(),
            k.scratchBytes(),
            k.cooperative(),
            k.branches(),
            k.loops(),
            k.checks(),
            k.threads(),
            k.blocks(),
            k.place()));
  }
}
