package dev.engram.tests.golden;

import dev.engram.testkit.GoldenFiles;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** One test for each file in {@code src/test/resources/ir}. */
class GoldenIrTest {
  @TestFactory
  List<DynamicTest> files() throws IOException {
    GoldenFiles golden = Golden.everywhere();
    return GoldenFiles.in(Golden.FOLDER).stream()
        .map(f -> DynamicTest.dynamicTest(Golden.name(f), () -> golden.check(f)))
        .toList();
  }
}
