package dev.engram.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.EngramException;
import dev.engram.ir.text.Parser;
import org.junit.jupiter.api.Test;

/** Sizes in bytes that a long does not hold are refused before anything is compiled. */
class HugeSizesTest {

  private static void refused(String graph) {
    EngramException e =
        assertThrows(EngramException.class, () -> Lowering.lower(Parser.parse(graph)));
    assertTrue(e.getMessage().contains("not fit into memory"), e::getMessage);
  }

  @Test
  void aResult() {
    refused("graph @f() -> f64[2147483647,2147483647] {\n  return 1.0\n}");
  }

  @Test
  void anOperand() {
    refused(
        "graph @f(%x: f32[2147483647,2147483647]) -> f32[] {\n"
            + "  %0: f32[] = reduce_sum{axes=[0,1]}(%x)\n  return %0\n}");
  }

  /** Each has 2^62 bytes, and three are alive at once. */
  @Test
  void valuesThatAreAliveTogether() {
    refused(
        """
        graph @f(%x: i8[536870912,2147483647]) -> i32[] {
          %0: i32[536870912,2147483647] = argSort{axis=1, descending=false}(%x)
          %1: i32[536870912,2147483647] = argSort{axis=1, descending=true}(%x)
          %2: i32[536870912,2147483647] = argSort{axis=0, descending=true}(%x)
          %3: i32[536870912,2147483647] = add(%0, %1)
          %4: i32[536870912,2147483647] = add(%3, %2)
          %5: i32[] = reduce_max{axes=[0,1]}(%4)
          return %5
        }
        """);
  }

  /** Control: what is never stored has no size. */
  @Test
  void whatIsReadInPlaceMayBeLarger() {
    LoopProgram p =
        Lowering.lower(
            Parser.parse(
                """
                graph @f(%x: f64[3]) -> f64[] {
                  %0: f64[2147483647,1073741824,3] = broadcast{shape=[2147483647,1073741824,3], axes=[2]}(%x)
                  %1: f64[1,1,3] = slice{start=[7,8,0], limit=[8,9,3], stride=[1,1,1]}(%0)
                  %2: f64[] = reduce_sum{axes=[0,1,2]}(%1)
                  return %2
                }
                """));
    assertEquals(0, p.arenaBytes());
  }
}
