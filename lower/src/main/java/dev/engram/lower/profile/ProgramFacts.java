package dev.engram.lower.profile;

import dev.engram.ir.checks.SaturatedCount;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.inspect.FusionReport;
import java.util.ArrayList;
import java.util.List;

/**
 * What is known of a program before it runs.
 *
 * @param program its name
 * @param nests those of {@link FusionReport}, in its order
 */
record ProgramFacts(
    String program,
    String backend,
    List<Nest> nests,
    long arenaBytes,
    long inputBytes,
    long outputBytes) {

  /**
   * What is known of a nest.
   *
   * @param where the user's line, empty when unknown
   * @param bytes read and written by a call
   * @param flops arithmetic of a call
   */
  record Nest(String label, String where, long bytes, long flops) {}

  static ProgramFacts of(String backend, LoopProgram p) {
    List<Nest> nests = new ArrayList<>();
    for (FusionReport.Row r : FusionReport.of(p).rows()) {
      String where = r.where().isKnown() ? r.where().toString() : "";
      // A nest that never runs moves nothing.
      long runs = Math.max(1, r.runs());
      nests.add(new Nest(r.label(), where, r.bytes() / runs, r.flops() / runs));
    }
    return new ProgramFacts(
        p.name(),
        backend,
        List.copyOf(nests),
        p.arenaBytes(),
        bytes(p, p.inputs()),
        bytes(p, p.outputs()));
  }

  private static long bytes(LoopProgram p, List<Integer> buffers) {
    long bytes = 0;
    for (int b : buffers) {
      bytes = SaturatedCount.sum(bytes, p.buffers().get(b).type().bytes());
    }
    return bytes;
  }
}
