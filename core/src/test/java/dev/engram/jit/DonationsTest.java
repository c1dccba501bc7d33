package dev.engram.jit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.lower.Device;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DonationsTest {
  private static final TensorType BIG = TensorType.of(DType.F32, 1000);
  private static final TensorType SMALL = TensorType.of(DType.F32, 500);

  private static final Device HOST = new LoopInterpreter();

  private static long address(Tensor t) {
    return t.host().segment().address();
  }

  /** Where the first result of a call is. */
  private static long result(Donations d) {
    return address(d.results(i -> HostTensor.allocate(i == 0 ? BIG : SMALL)).getFirst());
  }

  @Test
  void asMuchIsKeptAsOneCallHasResults() {
    Donations d = new Donations(List.of(0), List.of(BIG, SMALL), Optional.of(HOST));
    HostTensor first = HostTensor.allocate(BIG);
    HostTensor second = HostTensor.allocate(BIG);
    long at = address(first);
    d.take(List.of(first));
    d.take(List.of(second));
    assertTrue(first.isDonated() && second.isDonated());
    assertEquals(at, result(d));
    assertNotEquals(at, result(d));
  }

  @Test
  void whatNoResultCanUseIsDropped() {
    Donations d = new Donations(List.of(0), List.of(SMALL), Optional.of(HOST));
    HostTensor other = HostTensor.allocate(BIG);
    d.take(List.of(other));
    assertTrue(other.isDonated());
    assertEquals(0, d.kept());
    d.take(List.of(HostTensor.allocate(SMALL)));
    assertEquals(1, d.kept());
  }

  @Test
  void oneTensorThatCameInTwiceIsTakenOnce() {
    Donations d = new Donations(List.of(0, 1), List.of(BIG, BIG), Optional.of(HOST));
    HostTensor x = HostTensor.allocate(BIG);
    d.take(List.of(x, x));
    assertEquals(1, d.kept());
    HostTensor y = HostTensor.allocate(BIG);
    d.take(List.of(y, y.view(TensorType.of(DType.F32, 10, 100))));
    assertEquals(2, d.kept());
  }
}
