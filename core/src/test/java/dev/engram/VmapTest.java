package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.Sequential;
import dev.engram.online.DRtrl;
import org.junit.jupiter.api.Test;

class VmapTest {
  private static Tensor f64(double... values) {
    return HostTensor.of(values, values.length);
  }

  private static Tensor scalar(double v) {
    return HostTensor.of(new double[] {v});
  }

  private static double[] values(Tensor t) {
    return t.host().toDoubles();
  }

  @Test
  void mapsOverAxes() {
    Tensor m = HostTensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);
    Fn1<Tensor, Tensor> sum = x -> x.sum();
    assertArrayEquals(new double[] {6, 15}, values(Engram.vmap(sum).apply(m)));
    assertArrayEquals(new double[] {5, 7, 9}, values(Engram.vmap(sum, Axes.in(1)).apply(m)));
    assertArrayEquals(new double[] {5, 7, 9}, values(Engram.vmap(sum, Axes.in(-1)).apply(m)));
    Fn2<Tensor, Tensor, Tensor> scale = (x, c) -> x.mul(c);
    assertArrayEquals(
        new double[] {10, 20, 30, 40, 50, 60},
        values(Engram.vmap(scale, Axes.in(0, Axes.NONE)).apply(m, scalar(10))));
    assertEquals(
        Shape.of(3, 2), Engram.vmap((Tensor x) -> x, Axes.in(0).withOut(1)).apply(m).shape());
    assertArrayEquals(new double[] {7, 7}, values(Engram.vmap((Tensor x) -> scalar(7)).apply(m)));
  }

  @Test
  void composesWithGradAndScan() {
    Fn1<Tensor, Tensor> last =
        xs ->
            Engram.scan((Tensor c, Tensor x) -> new StepResult<>(c.mul(x), x), scalar(1), xs)
                .carry();
    Tensor m = HostTensor.of(new double[] {2, 3, 5, 7}, 2, 2);
    assertArrayEquals(new double[] {3, 2, 7, 5}, values(Engram.vmap(Engram.grad(last)).apply(m)));
    assertArrayEquals(
        new double[] {3, 2, 7, 5},
        values(Engram.jit(Engram.grad((Tensor x) -> Engram.vmap(last).apply(x).sum())).apply(m)));
  }

  @Test
  void mappedStatesHaveOneValueForEachExample() {
    State h = State.hidden(() -> scalar(0));
    State w = State.parameter(scalar(2));
    Fn1<Tensor, Tensor> step =
        x -> {
          h.set(h.value().mul(w.value()).add(x));
          return h.value();
        };
    Engram.vmapNewStates(3, h::init);
    Fn1<Tensor, Tensor> mapped = Engram.vmap(step);
    assertArrayEquals(new double[] {1, 2, 3}, values(mapped.apply(f64(1, 2, 3))));
    assertArrayEquals(new double[] {3, 6, 9}, values(Engram.jit(mapped).apply(f64(1, 2, 3))));
    assertArrayEquals(new double[] {3, 6, 9}, values(h.value()));
    // Outside of vmap the state has its full value: three elements.
    h.set(h.value().mul(0));
    assertArrayEquals(new double[] {1, 2, 3}, values(mapped.apply(f64(1, 2, 3))));
    String size = assertThrows(TypeException.class, () -> mapped.apply(f64(1, 2))).getMessage();
    assertTrue(size.contains("has type f64[3], expected length 2 on axis 0"), size);
    assertArrayEquals(new double[] {2, 4, 6}, values(Engram.vmap(h::value).apply().mul(2)));
    h.init();
    assertEquals(0, h.type().rank());
  }

  @Test
  void nestedMappedStatesLoseOneAxisForEachVmap() {
    State h = State.hidden(() -> scalar(1));
    Engram.vmapNewStates(2, () -> Engram.vmapNewStates(3, h::init));
    assertEquals(Shape.of(2, 3), h.type().shape());
    Tensor m = HostTensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);
    Fn1<Tensor, Tensor> inner =
        x -> {
          h.set(h.value().add(x));
          return h.value();
        };
    Tensor r = Engram.vmap((Tensor x) -> Engram.vmap(inner).apply(x)).apply(m);
    assertArrayEquals(new double[] {2, 3, 4, 5, 6, 7}, values(r));
    assertEquals(Shape.of(2, 3), h.type().shape());
  }

  @Test
  void aResetKeepsTheAxesOfStates() {
    GruCell cell = new GruCell(2, 3, RandomKey.of(1));
    DRtrl<Tensor, Tensor> learner = new DRtrl<>(cell, _ -> {});
    Tensor x = RandomTensors.normal(RandomKey.of(3), Shape.of(4, 2), DType.F32);
    Engram.vmapNewStates(
        4,
        () -> {
          cell.initAllStates();
          learner.compileGraph(x.get(0));
        });
    Vmap<Tensor, Tensor> mapped = new Vmap<>(learner);
    HostTensor first = mapped.update(x).host();
    HostTensor second = mapped.update(x).host();
    assertTrue(!first.sameBits(second));
    learner.reset();
    assertEquals(Shape.of(4, 3), cell.states().get("h").type().shape());
    learner.traces().values().forEach(s -> assertEquals(4, s.type().shape().dim(0)));
    assertTrue(first.sameBits(mapped.update(x).host()));
    assertTrue(second.sameBits(mapped.update(x).host()));
    // within vmapNewStates the only mapped axis is the new one
    Engram.vmapNewStates(4, learner::reset);
    assertTrue(first.sameBits(mapped.update(x).host()));
    Engram.jit(
            () -> {
              learner.reset();
              return x;
            })
        .apply();
    assertTrue(first.sameBits(mapped.update(x).host()));
  }

  @Test
  void aStateMayBeSetAnewWithinVmapNewStates() {
    State h = State.hidden(() -> scalar(0));
    for (int i = 0; i < 2; i++) {
      Engram.vmapNewStates(3, () -> h.set(scalar(2)));
      assertEquals(Shape.of(3), h.type().shape());
      assertArrayEquals(
          new double[] {3, 4, 5},
          values(Engram.vmap((Tensor x) -> h.value().add(x)).apply(f64(1, 2, 3))));
    }
  }

  @Test
  void anUnmappedStateCannotDiffer() {
    State n = State.other(scalar(0));
    Fn1<Tensor, Tensor> f =
        x -> {
          n.set(n.value().add(x));
          return x;
        };
    String e =
        assertThrows(TypeException.class, () -> Engram.vmap(f).apply(f64(1, 2))).getMessage();
    assertTrue(e.contains("has one value for all examples"), e);
    assertTrue(e.contains("vmapNewStates"), e);
    Engram.vmap(
            (Tensor x) -> {
              n.set(n.value().add(1));
              return x;
            })
        .apply(f64(1, 2));
    assertEquals(1, n.value().host().item());
  }

  @Test
  void refusesWhatCannotBeMapped() {
    Fn2<Tensor, Tensor, Tensor> add = Tensor::add;
    String lengths =
        assertThrows(TypeException.class, () -> Engram.vmap(add).apply(f64(1, 2), f64(1, 2, 3)))
            .getMessage();
    assertTrue(lengths.contains("argument 1 has type f64[3], expected length 2"), lengths);
    String rank =
        assertThrows(TypeException.class, () -> Engram.vmap(add).apply(f64(1, 2), scalar(1)))
            .getMessage();
    assertTrue(rank.contains("Axes.NONE"), rank);
    Fn0<Tensor> nothing = Engram.vmap(() -> scalar(1));
    assertThrows(EngramException.class, nothing::apply);
    assertThrows(TypeException.class, () -> Engram.vmapNewStates(-64, () -> {}));
  }

  private static final class Net extends Layer {
    private final Sequential rnn = new Sequential(new GruCell(2, 3, RandomKey.of(1)));
    private final Linear readout = new Linear(3, 2, RandomKey.of(2));

    @Override
    public Tensor update(Tensor x) {
      return readout.update(rnn.update(x));
    }
  }

  @Test
  void aMappedModelIsTheBatchedModel() {
    Net net = new Net();
    Tensor xs = RandomTensors.normal(RandomKey.of(3), Shape.of(4, 5, 2), DType.F32);
    Tensor mapped =
        Engram.jit(
                (Tensor x) -> {
                  Engram.vmapNewStates(x.dim(1), net::initAllStates);
                  return Engram.forLoop(new Vmap<>(net), x);
                })
            .apply(xs);
    net.initAllStates(5);
    Tensor batched = Engram.forLoop(net, xs);
    assertArrayEquals(values(batched), values(mapped), 1e-6);
    assertEquals(net.states().paths(), new Vmap<>(net).states().paths());
    State h = net.states().get("rnn.layers.0.h");
    assertEquals(Shape.of(5, 3), h.type().shape());
  }
}
