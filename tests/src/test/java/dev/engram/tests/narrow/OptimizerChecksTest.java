package dev.engram.tests.narrow;

import dev.engram.testkit.OptimizerChecks;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Each optimizer of the library holds what those of users are asked for. */
class OptimizerChecksTest {
  @TestFactory
  Stream<DynamicTest> everyOptimizer() {
    return OptimizerEquations.CASES.entrySet().stream()
        .map(
            e ->
                DynamicTest.dynamicTest(
                    e.getKey(),
                    () -> {
                      OptimizerChecks checks = new OptimizerChecks(e.getValue().make());
                      checks.repeats();
                      checks.resuming();
                      checks.zeroGradients();
                      checks.descends(20);
                      checks.types();
                      checks.backends();
                    }));
  }
}
