package dev.engram.etrace;

import dev.engram.ir.checks.Given;
import java.util.List;

/**
 * Hidden states tied by position, within a step or across steps: LSTM's h and c.
 *
 * @param states positions in {@link ModelStep#states}, in the order of declaration
 * @param paths their names
 */
public record HiddenGroup(int index, List<Integer> states, List<String> paths) {
  public HiddenGroup {
    Given.all("HiddenGroup", "states", states);
    Given.all("HiddenGroup", "paths", paths);
    states = List.copyOf(states);
    paths = List.copyOf(paths);
  }
}
