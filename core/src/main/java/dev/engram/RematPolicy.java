package dev.engram;

import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * What {@link Engram#remat(Fn1, RematPolicy)} keeps for the backward pass besides the argument.
 *
 * @param ops mnemonics of the ops whose results are kept, as they are in the text form: {@code dot}
 */
public record RematPolicy(List<String> ops) {
  /** Everything is computed again. */
  public static final RematPolicy NOTHING = new RematPolicy(List.of());

  /** Products are kept, which are dear; what is elementwise is computed again. */
  public static final RematPolicy PRODUCTS = new RematPolicy(List.of("dot"));

  public RematPolicy {
    Given.all("RematPolicy", "ops", ops);
    ops = List.copyOf(ops);
  }

  /** Results of these ops are kept. */
  public static RematPolicy saving(String... ops) {
    Given.all("RematPolicy.saving", "ops", ops);
    return new RematPolicy(List.of(ops));
  }
}
