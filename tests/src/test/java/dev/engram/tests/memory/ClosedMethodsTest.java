package dev.engram.tests.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.ir.op.ConvWindows;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Index;
import dev.engram.tests.device.FakeBackend;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every public method of tensors, as they are found: with arguments that work for open tensors, it
 * says that the tensor, or an argument, was closed.
 */
class ClosedMethodsTest {
  /** Those that look at no element. */
  private static final Set<String> OF_NO_ELEMENTS =
      Set.of(
          "type",
          "shape",
          "dtype",
          "rank",
          "dim",
          "like",
          "storage",
          "isDonated",
          "isClosed",
          "close");

  /** Of the host these give the tensor as it is, or nothing. */
  private static final Set<String> OF_NONE_ON_THE_HOST = Set.of("host", "untraced", "tryDonate");

  private static final List<Supplier<HostTensor>> RECEIVERS =
      List.of(
          () -> HostTensor.of(new float[] {1, 2, 3, 4}, 2, 2),
          () -> HostTensor.of(new int[] {0, 1, 1, 0}, 2, 2),
          () -> HostTensor.of(new boolean[] {true, false, true, false}, 2, 2),
          () -> HostTensor.of(new int[] {1, 0}, 2),
          () -> HostTensor.of(new float[] {1, 2, 3, 4}, 1, 4, 1),
          () -> HostTensor.of(new float[] {1}, 1));

  private static final List<Supplier<HostTensor>> OPERANDS =
      Stream.concat(
              RECEIVERS.stream(),
              Stream.<Supplier<HostTensor>>of(
                  () -> HostTensor.of(new float[] {1, 2}, 2),
                  () -> HostTensor.of(new float[] {1, 2}, 1, 2),
                  () -> HostTensor.of(new int[] {0, 0}, 1, 2),
                  () -> HostTensor.of(new int[] {1}),
                  () -> HostTensor.of(new int[] {0}, 1),
                  () -> HostTensor.of(new float[] {1, 2}, 2, 1, 1)))
          .toList();

  private static final Map<Class<?>, List<Supplier<?>>> VALUES =
      Map.ofEntries(
          Map.entry(int.class, all(0, 1, 2)),
          Map.entry(long.class, all(0L, 1L, 4L)),
          Map.entry(double.class, all(0.5, 1.0)),
          Map.entry(boolean.class, all(true)),
          Map.entry(String.class, all("elements")),
          Map.entry(
              int[].class,
              all(
                  new int[] {0},
                  new int[] {1, 0},
                  new int[] {4},
                  new int[] {2},
                  new int[] {2, 2},
                  new int[] {1},
                  new int[] {0, 1},
                  new int[] {3, 2, 2})),
          Map.entry(Shape.class, all(Shape.of(4), Shape.of(3, 2, 2))),
          Map.entry(DType.class, all(DType.F64, DType.F32)),
          Map.entry(
              TensorType.class, all(TensorType.of(DType.F32, 4), TensorType.of(DType.F32, 1))),
          Map.entry(List.class, all(List.of(1, 1))),
          Map.entry(Index.Combine.class, all(Index.Combine.ADD)),
          Map.entry(ConvWindows.class, all(ConvWindows.valid())),
          Map.entry(Dot.class, all(Dot.matmul())),
          Map.entry(Tensor.class, List.copyOf(OPERANDS)),
          Map.entry(HostTensor.class, List.copyOf(OPERANDS)),
          Map.entry(
              Tensor[].class,
              List.of(
                  () ->
                      new Tensor[] {HostTensor.of(new int[] {0}), HostTensor.of(new int[] {0})})));

  private static List<Supplier<?>> all(Object... values) {
    return Arrays.stream(values).<Supplier<?>>map(v -> () -> v).toList();
  }

  /** A receiver and arguments, made anew for each call. */
  private record Sample(Supplier<HostTensor> receiver, List<Supplier<?>> args) {
    /**
     * Calls the method.
     *
     * @param closed is closed first: -1 for the receiver, else which argument; -2 for none
     * @return what it throws
     */
    Optional<Throwable> call(Method m, UnaryOperator<Object> place, int closed) {
      Object receiver = place.apply(receiver().get());
      Object[] values = args().stream().map(s -> place.apply(s.get())).toArray();
      if (closed >= -1) {
        close(closed == -1 ? receiver : values[closed]);
      }
      try {
        Object out = m.invoke(receiver, values);
        if (out instanceof Tensor t) {
          t.host().toDoubles(); // of a closed tensor, where the op gives its operand as it is
        }
        return Optional.empty();
      } catch (InvocationTargetException e) {
        return Optional.of(e.getCause());
      } catch (TraceException e) {
        return Optional.of(e);
      } catch (IllegalAccessException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static void close(Object tensors) {
    switch (tensors) {
      case Tensor t -> t.close();
      case Tensor[] all -> all[0].close();
      default -> throw new IllegalArgumentException();
    }
  }

  private static List<Method> methods(Class<?> c) {
    return Arrays.stream(c.getMethods())
        .filter(m -> m.getDeclaringClass() != Object.class && !Modifier.isStatic(m.getModifiers()))
        .filter(m -> !m.isBridge() && !OF_NO_ELEMENTS.contains(m.getName()))
        .toList();
  }

  /** The first combination with which the method works on open tensors. */
  private static Optional<Sample> sample(Method m, UnaryOperator<Object> place) {
    for (Supplier<HostTensor> receiver : RECEIVERS) {
      List<List<Supplier<?>>> combinations = List.of(List.of());
      for (Class<?> p : m.getParameterTypes()) {
        List<List<Supplier<?>>> next = new ArrayList<>();
        for (List<Supplier<?>> some : combinations) {
          for (Supplier<?> value : VALUES.getOrDefault(p, List.of())) {
            List<Supplier<?>> more = new ArrayList<>(some);
            more.add(value);
            next.add(more);
          }
        }
        combinations = next;
      }
      for (List<Supplier<?>> args : combinations) {
        Sample s = new Sample(receiver, args);
        if (s.call(m, place, -2).isEmpty()) {
          return Optional.of(s);
        }
      }
    }
    return Optional.empty();
  }

  private static void refusesClosed(
      Class<?> c, Set<String> unread, UnaryOperator<Object> place, int least) {
    Set<String> unknown = new TreeSet<>();
    Set<String> wrong = new TreeSet<>();
    int operands = 0;
    for (Method m : methods(c)) {
      Optional<Sample> sample = sample(m, place);
      if (sample.isEmpty()) {
        unknown.add(m.toString());
        continue;
      }
      if (!unread.contains(m.getName())) {
        check(m, sample.get(), place, -1, wrong);
      }
      for (int i = 0; i < m.getParameterCount(); i++) {
        Class<?> p = m.getParameterTypes()[i];
        if (p == Tensor.class || p == HostTensor.class || p == Tensor[].class) {
          check(m, sample.get(), place, i, wrong);
          operands++;
        }
      }
    }
    assertEquals(Set.of(), unknown, "no arguments are known for these");
    assertEquals(Set.of(), wrong, "these do not say that a tensor was closed");
    assertTrue(operands >= least, "operands " + operands);
  }

  private static void check(
      Method m, Sample sample, UnaryOperator<Object> place, int closed, Set<String> wrong) {
    String text =
        sample
            .call(m, place, closed)
            .map(e -> e instanceof TraceException t ? t.getMessage() : e.toString())
            .orElse("nothing");
    if (!text.matches(
        "(?s)a tensor of type [a-z0-9]+\\[[0-9,]*] is used after it was closed \\(.*")) {
      wrong.add(m + ", operand " + closed + ": " + text);
    }
  }

  @Test
  void everyMethodOfAClosedTensorOfTheHostSaysSo() {
    refusesClosed(HostTensor.class, OF_NONE_ON_THE_HOST, x -> x, 40);
  }

  @Test
  void everyMethodOfAClosedTensorOfADeviceSaysSo() {
    refusesClosed(Tensor.class, Set.of(), ClosedMethodsTest::onDevice, 40);
  }

  private static Object onDevice(Object x) {
    return switch (x) {
      case HostTensor t -> new FakeBackend().device().put(t);
      case Tensor[] all -> Arrays.stream(all).map(t -> (Tensor) onDevice(t)).toArray(Tensor[]::new);
      default -> x;
    };
  }

  /** The control: those that look at no element work. */
  @Test
  void whatLooksAtNoElementWorks() {
    HostTensor x = HostTensor.of(new float[] {1, 2}, 2);
    x.close();
    assertEquals(TensorType.of(DType.F32, 2), x.type());
    assertEquals(2, x.dim(0));
    assertEquals(3, x.like(3).host().getDouble(1));
    assertTrue(x.isClosed() && x.storage().isClosed());
    assertFalse(x.isDonated());
    assertTrue(x.tryDonate().isEmpty());
  }
}
