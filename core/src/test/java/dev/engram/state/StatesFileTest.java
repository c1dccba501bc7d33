package dev.engram.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.Vmap;
import dev.engram.io.FormatException;
import dev.engram.io.Safetensors;
import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Saving states and loading them. */
class StatesFileTest {
  @TempDir private Path folder;

  private static final class Net extends Layer {
    private final GruCell cell;
    private final Linear readout;

    Net(int hidden, long seed) {
      cell = new GruCell(2, hidden, RandomKey.of(seed));
      readout = new Linear(hidden, 1, RandomKey.of(seed + 1));
    }

    @Override
    public Tensor update(Tensor x) {
      return readout.update(cell.update(x));
    }
  }

  private static Net net(int hidden, long seed) {
    Net n = new Net(hidden, seed);
    n.initAllStates();
    return n;
  }

  private static Map<String, HostTensor> values(States states) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    states.byPath().forEach((path, s) -> out.put(path, s.value().host()));
    return out;
  }

  private static boolean same(Map<String, HostTensor> a, Map<String, HostTensor> b) {
    return a.keySet().equals(b.keySet())
        && a.entrySet().stream().allMatch(e -> e.getValue().sameBits(b.get(e.getKey())));
  }

  /** Loading fails with this message and changes nothing. */
  private static String refused(
      Class<? extends Throwable> kind, States states, Path file, String... parts) {
    Map<String, HostTensor> before = values(states);
    String message = assertThrows(kind, () -> states.load(file)).getMessage();
    assertTrue(same(before, values(states)), "a state has changed: " + message);
    assertTrue(message.contains(file.toString()), message);
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
    return message;
  }

  @Test
  void aModelIsWhatItWasAlsoWhenItRuns() throws IOException {
    Net trained = net(3, 1);
    Tensor x = HostTensor.of(new float[] {1, -2}, 2);
    trained.update(x); // the hidden state is no longer the initial one
    Path file = folder.resolve("net.safetensors");
    trained.states().save(file);
    Net other = net(3, 7);
    assertFalse(same(values(trained.states()), values(other.states())));
    other.states().load(file);
    assertTrue(same(values(trained.states()), values(other.states())));
    Fn1<Tensor, Tensor> step = Engram.jit(other::update);
    for (int i = 0; i < 3; i++) {
      assertEquals(trained.update(x).host().item(), step.apply(x).host().item(), 1e-6);
    }
    // the loaded memory belongs to the model: running it has not changed the file
    other.states().load(file);
  }

  @Test
  void allElementTypesAndShapesComeBack() throws IOException {
    Map<String, State> all = new LinkedHashMap<>();
    for (DType dtype : DType.values()) {
      for (Shape shape : List.of(Shape.scalar(), Shape.of(3), Shape.of(2, 0), Shape.of(2, 1, 2))) {
        HostTensor t = HostTensor.allocate(new TensorType(dtype, shape));
        for (int i = 0; i < shape.size(); i++) {
          t.setDouble(i, i % 2 == 0 ? 1 : dtype.isFloat() ? -0.0 : 0);
        }
        all.put(dtype + "." + shape + " \"ü\"", State.other(t));
      }
    }
    States states = new States(all);
    Map<String, HostTensor> before = values(states);
    Path file = folder.resolve("all");
    states.save(file);
    all.values().forEach(s -> s.set(HostTensor.allocate(s.type())));
    assertFalse(same(before, values(states)));
    states.load(file);
    assertTrue(same(before, values(states)));
    Safetensors content = Safetensors.read(file);
    assertEquals("engram.states", content.metadata().get("format"));
    assertEquals("1", content.metadata().get("version"));
  }

  @Test
  void mappedStatesStayMapped() throws IOException {
    Net n = new Net(3, 1);
    Engram.vmapNewStates(2, n::initAllStates);
    Tensor x = HostTensor.of(new float[] {1, -2, 3, 4}, 2, 2);
    Path file = folder.resolve("mapped");
    n.states().save(file);
    HostTensor first = new Vmap<>(n).update(x).host();
    n.states().load(file);
    assertTrue(first.sameBits(new Vmap<>(n).update(x).host()));
  }

  @Test
  void anyCutAndAnyFlippedBitIsFound() throws IOException {
    States states = new States(Map.of("w", State.other(HostTensor.of(new float[] {1, 2}, 2))));
    Path file = folder.resolve("states");
    states.save(file);
    byte[] whole = Files.readAllBytes(file);
    for (int n = 0; n < whole.length; n++) {
      Files.write(file, Arrays.copyOf(whole, n));
      refused(FormatException.class, states, file);
    }
    for (int bit = 0; bit < 8 * whole.length; bit++) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, flipped);
      Map<String, HostTensor> before = values(states);
      int at = bit;
      assertThrows(IOException.class, () -> states.load(file), () -> "bit " + at);
      assertTrue(same(before, values(states)));
    }
    Files.write(file, Arrays.copyOf(whole, whole.length + 1));
    refused(FormatException.class, states, file);
    Files.write(file, whole);
    states.load(file);
  }

  @Test
  void foreignFilesAreTold() throws IOException {
    States states = net(3, 1).states();
    Path file = folder.resolve("foreign");
    List<Safetensors.Entry> entries =
        states.byPath().entrySet().stream()
            .map(e -> Safetensors.Entry.of(e.getKey(), e.getValue().value().host()))
            .toList();
    new Safetensors(Map.of(), entries).write(file);
    refused(FormatException.class, states, file, "format is missing", "not written by States.save");
    Map<String, String> next = Map.of("format", "engram.states", "version", "2");
    new Safetensors(next, entries).write(file);
    refused(FormatException.class, states, file, "version is 2, expected 1");
    Map<String, String> unsigned = Map.of("format", "engram.states", "version", "1");
    new Safetensors(unsigned, entries).write(file);
    refused(FormatException.class, states, file, "crc32c is missing");
    Files.writeString(file, "a picture of a cat");
    refused(FormatException.class, states, file);
    refused(IOException.class, states, folder.resolve("nothing"), "no such file");
  }

  @Test
  void parametersAloneAreToldFromAllStates() throws IOException {
    Path all = folder.resolve("all");
    Path parameters = folder.resolve("parameters");
    States states = net(3, 1).states();
    States learned = states.subset(State.Kind.PARAMETER);
    assertTrue(learned.size() < states.size());
    states.save(all);
    learned.save(parameters);
    refused(
        EngramException.class,
        states,
        parameters,
        "the file lacks [",
        "cell.h",
        "; the file has the parameters alone: load states.subset(State.Kind.PARAMETER)");
    refused(
        EngramException.class,
        learned,
        all,
        "the file also has [",
        "cell.h",
        "; the file was saved from more states than these parameters: load all of the model's"
            + " states(), after initAllStates(), or save states.subset(State.Kind.PARAMETER)");
    states.load(all);
    learned.load(parameters);
  }

  @Test
  void everyMisfitIsNamedAtOnce() throws IOException {
    Path file = folder.resolve("net");
    net(3, 1).states().save(file);
    Net wider = net(4, 1);
    String message =
        refused(EngramException.class, wider.states(), file, "cell.h is f32[3] in the file");
    assertTrue(message.contains("expected f32[4]"), message);
    assertTrue(message.contains("readout.weight is f32[3,1] in the file"), message);
    assertTrue(message.contains("no state was changed (StatesFileTest.java:"), message);
    States cell = wider.cell.states();
    refused(EngramException.class, cell, file, "the file lacks [", "the file also has [", "cell.h");
    Net fresh = new Net(3, 1);
    String none = assertThrows(EngramException.class, () -> fresh.states().load(file)).getMessage();
    assertTrue(none.contains("cell.h has no value yet: call initAllStates()"), none);
  }

  @Test
  void savingIsCompleteOrNotAtAll() throws IOException {
    Path file = folder.resolve("net");
    Net n = net(3, 1);
    n.states().save(file);
    byte[] before = Files.readAllBytes(file);
    Net fresh = new Net(3, 2);
    String none = assertThrows(EngramException.class, () -> fresh.states().save(file)).getMessage();
    assertTrue(none.contains("[cell.h] have no value"), none);
    String traced =
        assertThrows(
                EngramException.class,
                () ->
                    Engram.jit(
                            (Tensor x) -> {
                              try {
                                n.states().save(file);
                              } catch (IOException e) {
                                throw new AssertionError(e);
                              }
                              return x;
                            })
                        .apply(HostTensor.of(new float[] {1}, 1)))
            .getMessage();
    assertTrue(traced.contains("save: called inside a transformation"), traced);
    assertEquals(0, Arrays.compare(before, Files.readAllBytes(file)));
    Path nowhere = folder.resolve("no/such/net");
    String missing = assertThrows(IOException.class, () -> n.states().save(nowhere)).getMessage();
    assertTrue(missing.contains(nowhere + ": ") && missing.contains("does not exist"), missing);
    n.states().get("cell.h").set(HostTensor.of(new float[] {1, 2, 3}, 3));
    n.states().save(file);
    assertTrue(Arrays.compare(before, Files.readAllBytes(file)) != 0);
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(file), left.toList());
    }
  }
}
