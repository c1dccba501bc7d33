package dev.engram;

import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * Says what {@link Engram#remat(Fn1, RematPolicy)} keeps for the backward pass besides the
 * argument.
 *
 * @param ops mnemonics of the ops whose results are kept, as in the text form: {@code dot}
 */
public record RematPolicy(List<String> ops) {
  /** Recomputes everything. */
  public static final RematPolicy NOTHING = new RematPolicy(List.of());

  /** Keeps products, which are expensive; recomputes elementwise ops. */
  public static final RematPolicy PRODUCTS = new RematPolicy(List.of("dot"));

  public RematPolicy {
    Given.all("RematPolicy", "ops", ops);
    ops = List.copyOf(ops);
  }

  /** Keeps the results of these ops. */
  public static RematPolicy saving(String... ops) {
    Given.all("RematPolicy.saving", "ops", ops);
    return new RematPolicy(List.of(ops));
  }
}
