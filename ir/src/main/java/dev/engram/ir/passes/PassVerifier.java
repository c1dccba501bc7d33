package dev.engram.ir.passes;

import dev.engram.ir.Graph;
import dev.engram.ir.GraphException;
import dev.engram.ir.TensorType;
import dev.engram.ir.Verifier;
import dev.engram.ir.checks.Given;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks what every pass must keep: the rules of the IR, and the types of parameters and results.
 */
public final class PassVerifier {
  private static final int SHOWN = 10;

  private PassVerifier() {}

  /**
   * Looks at the work of one pass; a {@link Pipeline.Hook}.
   *
   * @throws GraphException naming the pass, each equation that breaks a rule, and the fix
   */
  public static void after(int round, Pass pass, Graph before, Graph after) {
    Given.given("PassVerifier.after", "pass", pass);
    Given.given("PassVerifier.after", "before", before);
    Given.given("PassVerifier.after", "after", after);
    List<String> broken =
        new ArrayList<>(Verifier.findings(after).stream().map(Verifier.Finding::toString).toList());
    if (pass.keepsTypes()) {
      compare("parameter", before.paramTypes(), after.paramTypes(), broken);
      compare("result", before.outTypes(), after.outTypes(), broken);
    }
    if (!broken.isEmpty()) {
      throw fault(round, pass, before, broken);
    }
  }

  private static void compare(
      String what, List<TensorType> before, List<TensorType> after, List<String> broken) {
    if (before.size() != after.size()) {
      broken.add(
          "the graph has %d %ss, expected %d as before the pass: %s"
              .formatted(after.size(), what, before.size(), before));
      return;
    }
    for (int i = 0; i < before.size(); i++) {
      if (!before.get(i).equals(after.get(i))) {
        broken.add(
            "%s %d has type %s, expected %s as before the pass"
                .formatted(what, i, after.get(i), before.get(i)));
      }
    }
  }

  private static GraphException fault(int round, Pass pass, Graph before, List<String> broken) {
    // Without the switch the passes of the library are not looked at: it need not be this one.
    List<Verifier.Finding> earlier = Verifier.findings(before);
    if (!earlier.isEmpty()) {
      return new GraphException(
          "the pass %s, in round %d, was given a graph @%s that was broken before it:\n%s\nrun with -Dengram.verify=true to find what broke it"
              .formatted(
                  pass.name(),
                  round + 1,
                  before.name(),
                  list(earlier.stream().map(Verifier.Finding::toString).toList())));
    }
    return new GraphException(
        "the pass %s, in round %d, broke @%s:\n%s\nmend the pass, or leave it out; docs/add-a-pass.md says what a pass must keep"
            .formatted(pass.name(), round + 1, before.name(), list(broken)));
  }

  private static String list(List<String> broken) {
    String shown = String.join("\n", broken.subList(0, Math.min(SHOWN, broken.size())));
    int more = broken.size() - SHOWN;
    return more > 0 ? shown + "\nand " + more + " more" : shown;
  }
}
