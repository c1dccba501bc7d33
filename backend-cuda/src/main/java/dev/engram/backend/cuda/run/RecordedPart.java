package dev.engram.backend.cuda.run;

import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.driver.Task;
import dev.engram.backend.cuda.text.Launches;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A part of a program as a graph. Where buffers have moved since its last run, the launches that
 * use them get their new addresses.
 */
final class RecordedPart {
  private final Driver.Graph graph;
  private final List<Node> nodes;
  private final List<Launches.Launch> checked;

  /** Where the buffers lie for the graph as it is, when it begins. */
  private long[] before;

  /** For each buffer, the one whose memory it has when the graph ends: loops exchange some. */
  private final int[] after;

  private final CardMemory.Held held;

  /**
   * A launch in it.
   *
   * @param at its place among the tasks
   * @param buffers those whose memory, as it is when the graph begins, its first parameters are
   */
  record Node(int at, Task.Launch launch, LaunchParams params, int[] buffers) {}

  /**
   * @param checked the launches that may fail
   * @param held lets go of the graph
   */
  RecordedPart(
      Driver.Graph graph,
      List<Node> nodes,
      List<Launches.Launch> checked,
      long[] before,
      int[] after,
      CardMemory.Held held) {
    this.graph = graph;
    this.nodes = List.copyOf(nodes);
    this.checked = List.copyOf(checked);
    this.before = before.clone();
    this.after = after.clone();
    this.held = held;
  }

  /** The launches that may fail, in order. */
  List<Launches.Launch> checked() {
    return checked;
  }

  /**
   * Runs it.
   *
   * @param memory where the buffers lie; at the end, where they lie then
   */
  void run(long[] memory) {
    move(memory);
    graph.run();
    long[] began = memory.clone();
    for (int b = 0; b < memory.length; b++) {
      memory[b] = began[after[b]];
    }
  }

  private void move(long[] memory) {
    for (Node n : nodes) {
      if (IntStream.of(n.buffers).noneMatch(b -> before[b] != memory[b])) {
        continue;
      }
      for (int i = 0; i < n.buffers.length; i++) {
        n.params.setLong(i, memory[n.buffers[i]]);
      }
      graph.change(n.at, n.launch);
    }
    before = memory.clone();
  }

  /** Lets go of it. */
  void close() {
    held.free();
  }
}
