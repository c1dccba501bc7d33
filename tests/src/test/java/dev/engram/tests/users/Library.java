package dev.engram.tests.users;

import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What a crowd asks of the library. Faults are planted by overriding one of these. */
class Library {
  /** Counts up, or throws and leaves everything as it was. */
  List<Tensor> count(Group g, Group.Way way) {
    return way.call().apply();
  }

  Tensor value(State s) {
    return s.value();
  }

  Map<String, Tensor> snapshot(States all) {
    return all.snapshot();
  }

  void copy(States from, States to) {
    to.copyFrom(from);
  }

  void save(States all, Path file) throws IOException {
    all.save(file);
  }

  void load(States all, Path file) throws IOException {
    all.load(file);
  }

  /** Gives memory back that this thread alone knows. */
  void close(Tensor x) {
    x.close();
  }

  /** Twice {@code x}, whose memory is the library's from now on. */
  Tensor doubled(Group g, Tensor x) {
    return g.doubling.apply(x);
  }
}
