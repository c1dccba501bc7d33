package dev.engram.state;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.State;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.state.StateSlot.Cell;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PublicationTest {
  private final State state = State.parameter(HostTensor.of(new double[] {0}, 1));
  private final List<StateSlot> slots = List.of(StateSlot.of(state));
  private final List<Double> seen = new ArrayList<>();

  private void publish(double value) {
    Publication.publish(slots, List.of(new Cell(HostTensor.of(new double[] {value}, 1), 0)));
  }

  private void watch() {
    slots.getFirst().watch((State _, Tensor t) -> seen.add(t.host().getDouble(0)));
  }

  @Test
  void aWatchLooksAtTheNextValueOnce() {
    watch();
    publish(1);
    Publication.look(slots);
    Publication.look(slots);
    publish(2);
    Publication.look(slots);
    assertEquals(List.of(1.0), seen);
  }

  /** The value that was set before may be another's memory by the time it could be looked at. */
  @Test
  void aWatchThatComesLaterLooksAtNoEarlierValue() {
    publish(1);
    watch();
    Publication.look(slots);
    assertEquals(List.of(), seen);
    publish(2);
    publish(3);
    Publication.look(slots);
    assertEquals(List.of(2.0), seen);
  }
}
