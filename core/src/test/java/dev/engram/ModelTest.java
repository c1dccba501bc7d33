package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TraceException;
import dev.engram.ir.TypeException;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.LstmCell;
import dev.engram.nn.Sequential;
import dev.engram.optim.Sgd;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ModelTest {

  private static final class Net extends Layer {
    private final Sequential rnn;
    private final Linear readout;

    Net() {
      List<RandomKey> keys = RandomKey.of(1).split(3);
      rnn = new Sequential(new GruCell(2, 3, keys.get(0)), new LstmCell(3, 3, keys.get(1)));
      readout = new Linear(3, 1, keys.get(2));
    }

    @Override
    public Tensor update(Tensor x) {
      return readout.update(rnn.update(x));
    }
  }

  private static class Outer extends Model {
    private final State w = parameter(HostTensor.of(new double[] {1}));

    Tensor outer() {
      return w.value();
    }
  }

  private static final class Hidden extends Outer {
    private final State w = parameter(HostTensor.of(new double[] {2}));

    Tensor inner() {
      return w.value();
    }
  }

  /** Equal to every other of its width, as a class of settings may be. */
  private static final class Block extends Layer {
    private final int width;
    private final State w;

    Block(int width) {
      this.width = width;
      w = parameter(HostTensor.allocate(TensorType.of(DType.F64, width)));
    }

    @Override
    public Tensor update(Tensor x) {
      return x.add(w.value());
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Block b && b.width == width;
    }

    @Override
    public int hashCode() {
      return width;
    }
  }

  private static final class Blocks extends Layer {
    private final List<Block> list = List.of(new Block(2), new Block(2));
    private final Map<String, Block> map = Map.of("k", new Block(2));
    private final Block[] array = {new Block(2)};
    private final Block field = new Block(2);
    private final Block shared = field;

    @Override
    public Tensor update(Tensor x) {
      Tensor y = field.update(array[0].update(map.get("k").update(x)));
      for (Block b : list) {
        y = b.update(y);
      }
      return y;
    }
  }

  /** What is found once is an object, not what equals it. */
  @Test
  void equalModelsHaveStatesOfTheirOwn() {
    Blocks model = new Blocks();
    States w = model.states();
    assertSame(model.field, model.shared);
    assertEquals(
        Set.of("list.0.w", "list.1.w", "map.k.w", "array.0.w", "field.w"), Set.copyOf(w.paths()));
    HostTensor x = HostTensor.allocate(TensorType.of(DType.F64, 2));
    Grads g = Engram.grad(() -> model.update(x).sum(), w).apply();
    Sgd sgd = new Sgd(1);
    sgd.register(w);
    sgd.update(g);
    for (State s : w.values()) {
      assertArrayEquals(new double[] {-1, -1}, s.value().host().toDoubles());
    }
  }

  @Test
  void aStateKeepsItsType() {
    Net net = new Net();
    net.initAllStates();
    State h = net.states().get("rnn.layers.0.h");
    HostTensor before = h.value().host();
    HostTensor batch = HostTensor.allocate(TensorType.of(DType.F32, 8, 3));
    refused(
        () -> h.set(batch),
        "state rnn.layers.0.h of GruCell is set to f32[8,3], expected f32[3] (ModelTest.java:",
        "initAllStates(8)");
    refused(
        () -> h.set(HostTensor.of(new double[] {1, 2, 3}, 3)),
        "is set to f64[3], expected f32[3]",
        "cast the value to f32");
    refused(
        () -> h.set(HostTensor.of(new float[] {1, 2}, 2)),
        "is set to f32[2], expected f32[3]",
        "replace(...)");
    refused(() -> Engram.jit((Tensor x) -> set(h, x)).apply(batch), "is set to f32[8,3]");
    refused(
        () -> Engram.forLoop((Tensor x) -> set(h, x), batch.reshape(1, 8, 3)),
        "is set to f32[8,3]");
    refused(
        () -> Engram.vmap((Tensor x) -> set(h, x)).apply(HostTensor.of(new float[] {1, 2}, 2, 1)),
        "is set to f32[1], expected f32[3]");
    assertSame(before, h.value());
    h.set(h.value().add(1));
    net.initAllStates(8);
    h.set(batch);
    h.replace(before);
    assertSame(before, h.value());
  }

  @Test
  void whatOnlySetsAStateIsCompiledOnce() {
    State late = State.hidden(() -> HostTensor.of(new double[] {0}));
    Jitted.Of1<Tensor, Tensor> f = Engram.jit((Tensor x) -> set(late, x));
    f.apply(HostTensor.of(new double[] {1}));
    f.apply(HostTensor.of(new double[] {2}));
    assertTrue(f.explain().startsWith("jit: 1 programs in 2 calls"), f.explain());
  }

  private static Tensor set(State s, Tensor x) {
    s.set(x);
    return x;
  }

  private static void refused(Executable call, String... parts) {
    String message = assertThrows(TypeException.class, call).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  @Test
  void refusesTwoStatesOfOneName() {
    Hidden both = new Hidden();
    assertEquals(3, both.outer().host().item() + both.inner().host().item());
    String e = assertThrows(EngramException.class, () -> both.states()).getMessage();
    assertTrue(
        e.matches(
            "two states of Hidden are named w, expected different names"
                + " \\(ModelTest.java:\\d+\\); rename one of the fields or keys that form the"
                + " name, such as one of two fields of a class and its superclass"),
        e);
  }

  private static class Around extends Layer {
    private final Layer inner;

    Around(Layer inner) {
      this.inner = inner;
    }

    @Override
    public Tensor update(Tensor x) {
      return inner.update(x);
    }
  }

  private static final class Unseen extends Around implements Transparent {
    Unseen(Layer inner) {
      super(inner);
    }
  }

  @Test
  void aTransparentLayerAddsNothingToPaths() {
    Linear linear = new Linear(2, 3, RandomKey.of(0));
    assertEquals(
        List.of("inner.weight", "inner.bias"),
        List.copyOf(new Around(linear).states().byPath().keySet()));
    assertEquals(
        List.of("weight", "bias"), List.copyOf(new Unseen(linear).states().byPath().keySet()));
  }

  private record Parts(Linear a, Optional<Linear> b) {}

  private static final class Scattered extends Model {
    private final Linear[] layers = {
      new Linear(1, 1, RandomKey.of(1)), new Linear(1, 1, RandomKey.of(2)),
    };
    private final Parts parts =
        new Parts(
            new Linear(1, 1, RandomKey.of(3)), Optional.of(new Linear(1, 1, RandomKey.of(4))));

    int count() {
      return layers.length + (parts.b.isPresent() ? 2 : 1);
    }
  }

  @Test
  void findsStatesInArraysAndRecords() {
    Scattered m = new Scattered();
    assertEquals(4, m.count());
    assertEquals(
        List.of(
            "layers.0.weight",
            "layers.0.bias",
            "layers.1.weight",
            "layers.1.bias",
            "parts.a.weight",
            "parts.a.bias",
            "parts.b.weight",
            "parts.b.bias"),
        List.copyOf(m.states().paths()));
  }

  @Test
  void namesStatesByTheirFields() {
    Net net = new Net();
    assertEquals(
        List.of(
            "rnn.layers.0.Wz.weight",
            "rnn.layers.0.Wz.bias",
            "rnn.layers.0.Wr.weight",
            "rnn.layers.0.Wr.bias",
            "rnn.layers.0.Wh.weight",
            "rnn.layers.0.Wh.bias",
            "rnn.layers.0.h",
            "rnn.layers.1.Wi.weight",
            "rnn.layers.1.Wi.bias",
            "rnn.layers.1.Wg.weight",
            "rnn.layers.1.Wg.bias",
            "rnn.layers.1.Wf.weight",
            "rnn.layers.1.Wf.bias",
            "rnn.layers.1.Wo.weight",
            "rnn.layers.1.Wo.bias",
            "rnn.layers.1.h",
            "rnn.layers.1.c",
            "readout.weight",
            "readout.bias"),
        net.states().paths());
    assertEquals(
        List.of("rnn.layers.0.h", "rnn.layers.1.h", "rnn.layers.1.c"),
        net.states().subset(State.Kind.HIDDEN).paths());
    State h = net.states().get("rnn.layers.0.h");
    assertEquals("rnn.layers.0.h", h.path());
    net.rnn.states();
    assertEquals("rnn.layers.0.h", h.path(), "the outermost module's name stays");
  }

  private static final class Shared extends Model {
    private final Map<String, Linear> byName;
    private final Optional<State> extra = Optional.of(State.other(HostTensor.of(new int[] {1})));
    private final Linear again;

    Shared() {
      Linear one = new Linear(2, 2, RandomKey.of(3));
      byName = Map.of("a", one);
      again = one;
    }
  }

  @Test
  void aSharedStateAppearsOnce() {
    Shared m = new Shared();
    assertEquals(List.of("byName.a.weight", "byName.a.bias", "extra"), m.states().paths());
    assertSame(m.again.weight(), m.states().get("byName.a.weight"));
    assertSame(m.byName.get("a"), m.again);
    assertSame(m.extra.orElseThrow(), m.states().get("extra"));
  }

  @Test
  void aStateWithoutAValueNamesPathLineAndFix() {
    Net net = new Net();
    Tensor x = HostTensor.of(new float[] {1, 2}, 2);
    String e = assertThrows(TraceException.class, () -> net.update(x)).getMessage();
    assertTrue(e.contains("state h of GruCell is read at ModelTest.java:"), e);
    assertTrue(e.contains("model.initAllStates()"), e);
    net.states();
    String named = assertThrows(TraceException.class, () -> Engram.jit(net).apply(x)).getMessage();
    assertTrue(named.contains("state rnn.layers.0.h of GruCell"), named);
    net.initAllStates();
    assertEquals(1, net.update(x).dim(0));
  }

  @Test
  void aWrongInputNamesTypesAndFix() {
    Net net = new Net();
    net.initAllStates();
    Tensor batch = HostTensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    String e = assertThrows(TypeException.class, () -> net.update(batch)).getMessage();
    assertTrue(e.contains("the input has type f32[2,2], expected f32[2]"), e);
    assertTrue(e.contains("initAllStates(2)"), e);
    assertTrue(e.contains("ModelTest.java:"), e);
    String type =
        assertThrows(TypeException.class, () -> net.update(HostTensor.of(new double[] {1, 2}, 2)))
            .getMessage();
    assertTrue(type.contains(".cast(DType.F32)"), type);
    assertThrows(TypeException.class, () -> net.initAllStates(-4));
    assertThrows(TypeException.class, () -> new Linear(0, 3, RandomKey.of(1)));
    assertThrows(TypeException.class, () -> new GruCell(2, -3, RandomKey.of(1)));
  }

  @Test
  void aBatchedCallIsEachRowsCall() {
    Net net = new Net();
    Tensor batch = HostTensor.of(new float[] {1, 2, -3, 4, 0.5f, 0}, 3, 2);
    net.initAllStates(3);
    net.update(batch);
    double[] all = net.update(batch).host().toDoubles();
    for (int i = 0; i < 3; i++) {
      net.initAllStates();
      net.update(batch.get(i));
      assertArrayEquals(new double[] {all[i]}, net.update(batch.get(i)).host().toDoubles(), 1e-6);
    }
  }
}
