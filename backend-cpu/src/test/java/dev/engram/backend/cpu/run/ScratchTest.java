package dev.engram.backend.cpu.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import org.junit.jupiter.api.Test;

class ScratchTest {
  private final Scratch scratch = new Scratch();

  @Test
  void rowsHaveAtLeastTheLengthThatIsAskedFor() {
    for (int[] size : new int[][] {{4, 10}, {2, 64}, {256, 3}, {1, 1}, {300, 2000}}) {
      float[][] rows = assertInstanceOf(float[][].class, get(DType.F32, 0, size));
      assertTrue(rows.length >= size[0] && rows[0].length >= size[1], rows.length + " rows");
    }
    assertInstanceOf(double[][].class, get(DType.F64, 0, new int[] {4, 10}));
  }

  @Test
  void productsOfDifferentFormsInTurnShareTheirRows() {
    get(DType.F32, 1, new int[] {256, 8});
    Object[] both = get(DType.F32, 1, new int[] {4, 512});
    assertSame(both, get(DType.F32, 1, new int[] {256, 8}));
    assertSame(both, get(DType.F32, 1, new int[] {4, 512}));
    assertNotSame(both, get(DType.F32, 0, new int[] {4, 512}));
    assertNotSame(both, get(DType.F64, 1, new int[] {4, 512}));
  }

  /** Where both together would be too many elements, those of the last product are kept. */
  @Test
  void aProductKeepsItsRows() {
    get(DType.F32, 0, new int[] {256, 1000});
    Object[] second = get(DType.F32, 0, new int[] {64, 2000});
    assertSame(second, get(DType.F32, 0, new int[] {64, 2000}));
  }

  @Test
  void manyElementsAreNotKept() {
    Object[] few = get(DType.F64, 2, new int[] {4, 128});
    Object[] many = get(DType.F64, 2, new int[] {256, 100_000});
    assertEquals(100_000, ((double[]) many[0]).length);
    assertSame(few, get(DType.F64, 2, new int[] {4, 128}));
  }

  private Object[] get(DType t, int number, int[] size) {
    return scratch.rows(t, number, size[0], size[1]);
  }
}
