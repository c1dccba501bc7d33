package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.tests.build.Needs;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random programs as text on the stand-in, with the bits of {@code cpu}. */
class RandomTextsTest {
  /** Of the results at most so many may differ in bits. */
  private static final double MOST_EXEMPT = 0.01;

  @BeforeAll
  static void needs() {
    Needs.cppCompiler();
  }

  @ParameterizedTest
  @EnumSource
  void haveTheBitsOfCpu(RandomTexts kind) {
    Agreement all = new Agreement(kind.options());
    kind.forEach(all::add);
    all.check();
    System.out.printf(
        "%d programs, %d kernels, %d results, %d exempt%n",
        RandomTexts.PROGRAMS, all.kernels(), all.results(), all.exempt());
    assertTrue(
        all.exempt() <= Math.max(3, MOST_EXEMPT * all.results()),
        () -> all.exempt() + " of " + all.results() + " results differ in bits");
  }
}
