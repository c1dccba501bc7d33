package dev.engram;

import dev.engram.ir.EngramException;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.state.PathList;
import dev.engram.state.StateValues;
import dev.engram.state.StatesFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** States by path, in the order of the model's fields. A state that is shared appears once. */
public record States(Map<String, State> byPath) {
  public States {
    Given.all("States", "byPath", byPath);
    byPath = Collections.unmodifiableMap(new LinkedHashMap<>(byPath));
  }

  /** Returns the states of {@code kind}. */
  public States subset(State.Kind kind) {
    Given.given("States.subset", "kind", kind);
    return filter(s -> s.kind() == kind);
  }

  /** Returns the states for which {@code keep} is true, in the same order. */
  public States filter(Predicate<State> keep) {
    Given.given("States.filter", "keep", keep);
    Map<String, State> out = new LinkedHashMap<>();
    byPath.forEach(
        (path, s) -> {
          if (keep.test(s)) {
            out.put(path, s);
          }
        });
    return new States(out);
  }

  /**
   * Returns the state at {@code path}.
   *
   * @throws EngramException when there is none
   */
  public State get(String path) {
    Given.given("States.get", "path", path);
    State s = byPath.get(path);
    if (s == null) {
      throw new EngramException(
          "no state %s, expected one of %s (%s)%s"
              .formatted(
                  path,
                  PathList.like(path, byPath.keySet()),
                  SourceLocation.here(),
                  PathList.fix(path, byPath.keySet())));
    }
    return s;
  }

  /**
   * Writes the values of all these states to a file, completely or not at all.
   *
   * <p>It is a <a href="https://github.com/huggingface/safetensors">safetensors</a> file, which
   * other tools read: a tensor for each state, under its path, with its element type and shape; and
   * in the metadata {@code format} {@code engram.states}, {@code version} {@code 1}, and {@code
   * crc32c}, the checksum of names, types, shapes and elements in hexadecimal.
   *
   * @throws EngramException when a state has no value, or inside a transformation
   * @throws IOException naming the file and the reason
   */
  public void save(Path file) throws IOException {
    Given.given("States.save", "file", file);
    StatesFile.save(this, file);
  }

  /**
   * Sets all these states to the values that {@link #save} wrote. The file must have exactly these
   * paths, each with the element type and shape that the state has now. After an error no state has
   * changed.
   *
   * @throws EngramException naming every state that is missing, unexpected, or of another type; or
   *     inside a transformation
   * @throws dev.engram.io.FormatException when the file is damaged, or was not written by {@link
   *     #save}
   * @throws IOException when the file cannot be read
   */
  public void load(Path file) throws IOException {
    StatesFile.load(this, file);
  }

  /**
   * The values of all these states by path, of one moment, whatever other threads run. They stay as
   * they are.
   *
   * @throws EngramException inside a transformation
   * @throws dev.engram.ir.TraceException when a state has no value
   */
  public Map<String, Tensor> snapshot() {
    return StateValues.snapshot(this);
  }

  /**
   * Sets all these states to the values of others with the same paths, at once: who reads these
   * states while other threads train the source sees one version of all of them. Nothing is copied;
   * the source writes its next values elsewhere. After an error no state has changed.
   *
   * @throws EngramException when a path or a type differs, a state of either has no value, or
   *     inside a transformation
   */
  public void copyFrom(States source) {
    Given.given("States.copyFrom", "source", source);
    StateValues.copy(source, this);
  }

  /** Returns the paths, in order. */
  public List<String> paths() {
    return List.copyOf(byPath.keySet());
  }

  /** Returns the states, in the order of their paths. */
  public Collection<State> values() {
    return byPath.values();
  }

  /** Returns the number of states. */
  public int size() {
    return byPath.size();
  }
}
