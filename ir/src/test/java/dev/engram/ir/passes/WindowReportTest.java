package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.text.Parser;
import org.junit.jupiter.api.Test;

/** What is said of windows, and of states that have none. */
class WindowReportTest {
  private static final String CELL =
      """
      graph @f(%h: f32[2,12], %e: f32[2,12,12], %n: i32[], %g: f32[12,12], %xs: f32[LENGTH,2,12]) -> (f32[2,12], f32[2,12,12], i32[], f32[12,12]) {
        %0: f32[2,12], %1: f32[2,12,12], %2: i32[], %3: f32[12,12] = scan{consts=0, carry=4, length=LENGTH}(%h, %e, %n, %g, %xs)
          body @step(%h: f32[2,12] hidden "h", %e: f32[2,12,12] state "e", %n: i32[] state "n", %g: f32[12,12], %x: f32[2,12]) -> (f32[2,12], f32[2,12,12], i32[], f32[12,12]) {
            %0: f32[2,12] = add(%x, %h)
            %1: f32[2,12] = tanh(%0)
            %2: f32[2,12,12] = broadcast{shape=[2,12,12], axes=[0,2]}(%1)
            %3: f32[2,12,12] = mul(%2, %e)
            %4: f32[2,12,12] = broadcast{shape=[2,12,12], axes=[0,1]}(%x)
            %5: f32[2,12,12] = LAST
            %6: f32[12,12] = reduce_sum{axes=[0]}(%5)
            %7: f32[12,12] = add(%g, %6)
            %8: i32[] = add(%n, 1)
            return %1, %5, %8, %7
          }
        return %0, %1, %2, %3
      }
      """;

  private static final String SUM = "add(%3, %4)";

  private static String report(int length, String last) {
    String text = CELL.replace("LENGTH", Integer.toString(length)).replace("LAST", last);
    return WindowReport.of(Parser.parse(text)).toString();
  }

  @Test
  void windowsAndTheirBytes() {
    // 5 · 24 floats a step: x, decays, what reads e, and what the trace and the sum multiply x with
    assertEquals(
        """
        scan of 70 steps: windows of 32 steps, 15.4 kB, for 1 sum, for the traces e
          n at every step: it is neither of f32 nor of f64\
        """,
        report(70, SUM));
    assertTrue(report(5, SUM).startsWith("scan of 5 steps: windows of 5 steps, "));
  }

  @Test
  void reasons() {
    assertEquals(
        """
        scan of 3 steps: no windows
          e at every step: the scan has few steps
          n at every step: it is neither of f32 nor of f64\
        """,
        report(3, SUM));
    assertEquals(
        """
        scan of 9 steps: no windows
          e at every step: max reads it, or what is made of it
          n at every step: it is neither of f32 nor of f64\
        """,
        report(9, "max(%3, %4)"));
    assertEquals(
        """
        scan of 9 steps: no windows
          e at every step: nothing is added to it
          n at every step: it is neither of f32 nor of f64\
        """,
        report(9, "add(%3, %3)"));
  }

  @Test
  void scansWithoutStatesAreNotListed() {
    String text =
        """
        graph @f(%h: f32[2], %xs: f32[9,2]) -> f32[2] {
          %0: f32[2] = scan{consts=0, carry=1, length=9}(%h, %xs)
            body @step(%h: f32[2], %x: f32[2]) -> f32[2] {
              %0: f32[2] = add(%h, %x)
              return %0
            }
          return %0
        }
        """;
    assertEquals("", WindowReport.of(Parser.parse(text)).toString());
  }
}
