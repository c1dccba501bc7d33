package dev.engram.tests.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.State;
import dev.engram.States;
import dev.engram.TracedFunction;
import dev.engram.ir.DeviceTensor;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Op;
import dev.engram.lower.Backend;
import dev.engram.lower.Device;
import dev.engram.lower.FoundBackends;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.Lowering;
import dev.engram.lower.LoweringException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs, states and results on a device with memory of its own. */
class FakeDeviceTest {
  private static final Compiler FAKE = new Compiler("fake");

  @TempDir Path folder;

  private static HostTensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  @Test
  void resultsStayThereUntilTheyAreRead() {
    Fn1<Tensor, Tensor> twice = Engram.jit(FAKE, (Tensor x) -> x.mul(2));
    Tensor[] y = {f64(0)};
    assertEquals(List.of(24L, 0L), FakeBackend.moved(() -> y[0] = twice.apply(f64(1, 2, 3))));
    DeviceTensor there = assertInstanceOf(DeviceTensor.class, y[0]);
    assertEquals("fake:0", there.storage().device());
    assertEquals(List.of(0L, 0L), FakeBackend.moved(() -> y[0] = twice.apply(there)));
    assertEquals(
        List.of(0L, 24L),
        FakeBackend.moved(
            () -> assertArrayEquals(new double[] {4, 8, 12}, y[0].host().toDoubles())));
    assertEquals(
        List.of(0L, 24L),
        FakeBackend.moved(() -> assertEquals("f64[3] [4.0, 8.0, 12.0]", "" + y[0])));
    Tensor sum = y[0].add(1);
    assertInstanceOf(HostTensor.class, sum, "an op outside of compiled programs is the host's");
    assertEquals(13, sum.host().getDouble(2));
  }

  @Test
  void trainingMovesOnlyDataInAndLossesOut() {
    Training on = new Training(FAKE);
    Training off = new Training(new Compiler("cpu"));
    for (int i = 0; i < 10; i++) {
      Tensor x = Training.data(2 * i);
      Tensor y = Training.data(2 * i + 1);
      HostTensor want = off.step.apply(x, y).host();
      HostTensor[] got = new HostTensor[1];
      List<Long> moved = FakeBackend.moved(() -> got[0] = on.step.apply(x, y).host());
      assertTrue(want.sameBits(got[0]), "loss " + i);
      if (i > 0) {
        long data = 2 * Training.DATA_BYTES;
        assertEquals(List.of(data, 4L), moved, "bytes of step " + i);
      }
    }
    for (String path : on.weights.paths()) {
      Tensor value = on.weights.get(path).value();
      assertInstanceOf(DeviceTensor.class, value, path);
      assertTrue(value.host().sameBits(off.weights.get(path).value().host()), path);
    }
  }

  @Test
  void whatAUserReadsStaysAsItWas() {
    State s = State.other(f64(0, 0));
    Fn1<Tensor, Tensor> add =
        Engram.jit(
            FAKE,
            (Tensor x) -> {
              s.set(s.value().add(x));
              return s.value().sum();
            });
    List<Tensor> seen = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      add.apply(f64(1, 1));
      seen.add(s.value());
    }
    for (int i = 1; i <= 6; i++) {
      assertEquals(i, seen.get(i - 1).host().getDouble(1));
    }
  }

  @Test
  void statesComeAndGoBetweenDevices() {
    State s = State.other(f64(1, 2));
    Compiler cpu = new Compiler("cpu");
    List<Fn1<Tensor, Tensor>> both = new ArrayList<>();
    for (Compiler c : List.of(FAKE, cpu)) {
      both.add(
          Engram.jit(
              c,
              (Tensor x) -> {
                s.set(s.value().mul(2).add(x));
                return s.value();
              }));
    }
    double want = 1;
    for (int i = 0; i < 8; i++) {
      want = 2 * want + i;
      assertEquals(want, both.get(i % 2).apply(f64(i, i)).host().getDouble(0));
      assertEquals(want, s.value().host().getDouble(0));
    }
    Fn1<Tensor, Tensor> read = Engram.jit(FAKE, (Tensor x) -> s.value().add(x));
    assertEquals(want, read.apply(f64(0, 0)).host().getDouble(0));
    assertEquals(
        List.of(16L, 0L),
        FakeBackend.moved(() -> read.apply(f64(0, 0))),
        "a state is copied there once");
  }

  @Test
  void statesAreSavedAndLoadedFromThere() throws Exception {
    State s = State.other(f64(1, 2));
    States states = new States(Map.of("s", s));
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            FAKE,
            (Tensor x) -> {
              s.set(s.value().add(x));
              return s.value();
            });
    f.apply(f64(10, 10));
    states.save(folder.resolve("states"));
    f.apply(f64(10, 10));
    states.load(folder.resolve("states"));
    assertEquals(22, f.apply(f64(10, 10)).host().getDouble(1));
    assertEquals(22, states.snapshot().get("s").host().getDouble(1));
  }

  /** A check fails on the device; the states are as before. */
  @Test
  void aFailedCheckLeavesStatesAsTheyWere() {
    State s = State.other(f64(1, 2));
    Op check = new Check.Finite("x");
    Fn1<Tensor, Tensor> f =
        Engram.jit(
            FAKE,
            (Tensor x) -> {
              s.set(s.value().add(1));
              return Tensor.apply(check, List.of(x)).getFirst().add(s.value());
            });
    assertEquals(4, f.apply(f64(1, 1)).host().getDouble(1));
    assertThrows(RunException.class, () -> f.apply(f64(1, Double.NaN)));
    assertEquals(2, s.value().host().getDouble(0));
    assertEquals(5, f.apply(f64(1, 1)).host().getDouble(1));
  }

  @Test
  void devicesAreNamed() {
    assertEquals("fake:0", new FakeBackend().device().name());
    Fn1<Tensor, Tensor> f = Engram.jit(new Compiler("fake:0"), (Tensor x) -> x.add(1));
    assertEquals(2, f.apply(f64(1)).host().item());
    Fn1<Tensor, Tensor> none = Engram.jit(new Compiler("fake:7"), (Tensor x) -> x.add(1));
    String text = assertThrows(EngramException.class, () -> none.apply(f64(1))).getMessage();
    assertTrue(text.startsWith("no device fake:7, expected one of [fake:0] (FakeDeviceTest"), text);
  }

  @Test
  void tensorsOfAnotherDeviceAreRefused() {
    Device fake = new FakeBackend().device();
    LoopProgram p =
        Lowering.lower(
            TracedFunction.of("f", args -> ((Tensor) args.getFirst()).add(1), List.of(f64(1)))
                .graph());
    HostTensor here = f64(1);
    Tensor there = fake.put(here);
    assertEquals(
        "@f: got f64[1] of another device, expected a tensor of fake:0",
        assertThrows(
                LoweringException.class, () -> fake.compile(p).run(List.of(here), List.of(there)))
            .getMessage());
    Backend cpu = FoundBackends.of(getClass().getClassLoader()).byName().get("cpu");
    assertEquals(
        "@f: input 0 is f64[1] on fake:0, expected a tensor of the host",
        assertThrows(
                LoweringException.class, () -> cpu.compile(p).run(List.of(there), List.of(here)))
            .getMessage());
  }

  /** The code of a program can be read without the device that it is for. */
  @Test
  void aBackendWithoutADeviceSaysWhy() {
    Backend none =
        new Backend() {
          @Override
          public String name() {
            return "none";
          }

          @Override
          public List<Device> devices() {
            return List.of();
          }

          @Override
          public Optional<String> unavailable() {
            return Optional.of("libcuda.so.1 was not found in /usr/lib");
          }

          @Override
          public String text(LoopProgram program) {
            return "code of " + program.name();
          }
        };
    LoopProgram p = new LoopProgram("p", List.of(), List.of(), List.of(), List.of(), 0);
    assertEquals("code of p", none.text(p));
    assertEquals(
        "backend none has no device: libcuda.so.1 was not found in /usr/lib",
        assertThrows(EngramException.class, () -> none.compile(p)).getMessage());
    LoopProgram sum =
        Lowering.lower(
            TracedFunction.of("f", args -> ((Tensor) args.getFirst()).add(1), List.of(f64(1)))
                .graph());
    assertEquals(new FakeBackend().compile(sum).disassemble(), new FakeBackend().text(sum));
    assertEquals(new FakeBackend().text(sum), FAKE.text(sum));
  }
}
