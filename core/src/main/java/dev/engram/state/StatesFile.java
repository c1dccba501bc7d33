package dev.engram.state;

import dev.engram.State;
import dev.engram.States;
import dev.engram.io.FormatException;
import dev.engram.io.Safetensors;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/** Saves and loads states; see {@link States#save}. */
public final class StatesFile {
  private static final String FORMAT = "engram.states";
  private static final String VERSION = "1";

  /** Bytes that are added to a checksum at once. */
  private static final long CHUNK = 1 << 30;

  private StatesFile() {}

  public static void save(States states, Path file) throws IOException {
    StateScope.requireOutside("save");
    for (StateSlot s : StateSlot.of(states.byPath().values())) {
      if (s.memory().broken().isPresent()) {
        throw StateErrors.noValue(s);
      }
    }
    List<String> empty =
        states.byPath().entrySet().stream()
            .filter(e -> !e.getValue().isInitialized())
            .map(Map.Entry::getKey)
            .toList();
    if (!empty.isEmpty()) {
      throw new EngramException(
          "save to %s: %s have no value; call initAllStates() on the model first, or save others, such as states.subset(State.Kind.PARAMETER) (%s)"
              .formatted(file, empty, SourceLocation.here()));
    }
    List<String> paths = List.copyOf(states.byPath().keySet());
    try (PinnedStates now = PinnedStates.of(StateSlot.of(states.byPath().values()))) {
      List<Safetensors.Entry> entries = new ArrayList<>();
      for (int i = 0; i < paths.size(); i++) {
        entries.add(Safetensors.Entry.of(paths.get(i), now.values().get(i).host()));
      }
      Map<String, String> metadata = new LinkedHashMap<>();
      metadata.put("format", FORMAT);
      metadata.put("version", VERSION);
      metadata.put("crc32c", checksum(entries));
      new Safetensors(metadata, entries).write(file);
    }
  }

  public static void load(States states, Path file) throws IOException {
    StateScope.requireOutside("load");
    Map<String, HostTensor> found = tensors(file);
    List<String> wrong = misfits(states, found);
    if (!wrong.isEmpty()) {
      throw new EngramException(
          "load from %s: %s; no state was changed (%s)%s"
              .formatted(
                  file, String.join("; ", wrong), SourceLocation.here(), fix(states, found)));
    }
    List<StateSlot> targets = StateSlot.of(states.byPath().values());
    Turns turns = Turns.of(targets);
    turns.take();
    List<StateSlot.Cell> cells = new ArrayList<>();
    try {
      states.byPath().forEach((path, s) -> cells.add(StateSlot.of(s).like(found.get(path))));
      Publication.publish(targets, cells);
    } finally {
      turns.leave();
    }
    Publication.look(targets);
  }

  /** Reads the content of an intact file as copies, since the memory of a state is written to. */
  private static Map<String, HostTensor> tensors(Path file) throws IOException {
    Safetensors content = Safetensors.read(file);
    require(file, "format", FORMAT, content, "it was not written by States.save");
    require(file, "version", VERSION, content, "another version of the library wrote it");
    require(file, "crc32c", checksum(content.entries()), content, "its content has changed since");
    Map<String, HostTensor> out = new LinkedHashMap<>();
    for (Safetensors.Entry e : content.entries()) {
      try {
        HostTensor read = e.tensor();
        HostTensor own = HostTensor.allocate(read.type());
        own.segment().copyFrom(read.segment());
        out.put(e.name(), own);
      } catch (TypeException x) {
        throw new FormatException(file + ": " + x.getMessage());
      }
    }
    return out;
  }

  private static void require(Path file, String key, String want, Safetensors got, String meaning)
      throws FormatException {
    String text = got.metadata().get(key);
    if (!want.equals(text)) {
      throw new FormatException(
          "%s: %s is %s, expected %s: %s"
              .formatted(file, key, Optional.ofNullable(text).orElse("missing"), want, meaning));
    }
  }

  private static List<String> misfits(States states, Map<String, HostTensor> found) {
    List<String> wrong = new ArrayList<>();
    List<String> missing =
        states.paths().stream().filter(path -> !found.containsKey(path)).toList();
    if (!missing.isEmpty()) {
      wrong.add("the file lacks " + missing);
    }
    List<String> extra =
        found.keySet().stream().filter(path -> !states.byPath().containsKey(path)).toList();
    if (!extra.isEmpty()) {
      wrong.add("the file also has " + extra);
    }
    found.forEach(
        (path, value) -> {
          State s = states.byPath().get(path);
          if (s != null) {
            misfit(path, s, value.type()).ifPresent(wrong::add);
          }
        });
    return wrong;
  }

  /** What to load, where only the parameters were saved, or are asked for. */
  private static String fix(States states, Map<String, HostTensor> found) {
    States parameters = states.subset(State.Kind.PARAMETER);
    if (parameters.size() < states.size() && parameters.byPath().keySet().equals(found.keySet())) {
      return "; the file has the parameters alone: load states.subset(State.Kind.PARAMETER)";
    }
    if (parameters.size() == states.size()
        && found.size() > states.size()
        && found.keySet().containsAll(states.byPath().keySet())) {
      return "; the file was saved from more states than these parameters: load all of the"
          + " model's states(), after initAllStates(), or save"
          + " states.subset(State.Kind.PARAMETER)";
    }
    return "";
  }

  private static Optional<String> misfit(String path, State s, TensorType got) {
    Optional<StateScope.Peek> want = StateSlot.of(s).memory().looks();
    if (want.isEmpty()) {
      return Optional.of(path + " has no value yet: call initAllStates() on the model first");
    }
    return want.get().type().equals(got)
        ? Optional.empty()
        : Optional.of(path + " is " + got + " in the file, expected " + want.get().type());
  }

  /** Computes the checksum of names, types, shapes and elements, in the order of the entries. */
  private static String checksum(List<Safetensors.Entry> entries) {
    CRC32C crc = new CRC32C();
    for (Safetensors.Entry e : entries) {
      // lengths first, so that no two lists of entries have the same bytes
      byte[] name = e.name().getBytes(StandardCharsets.UTF_8);
      byte[] dtype = e.dtype().getBytes(StandardCharsets.UTF_8);
      ByteBuffer head = ByteBuffer.allocate(12 + name.length + dtype.length + 8 * e.shape().length);
      head.putInt(name.length).put(name).putInt(dtype.length).put(dtype).putInt(e.shape().length);
      for (long n : e.shape()) {
        head.putLong(n);
      }
      crc.update(head.flip());
      for (long at = 0; at < e.data().byteSize(); at += CHUNK) {
        crc.update(e.data().asSlice(at, Math.min(CHUNK, e.data().byteSize() - at)).asByteBuffer());
      }
    }
    return "%08x".formatted(crc.getValue());
  }
}
