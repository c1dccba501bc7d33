package dev.engram.nn;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Engram;
import dev.engram.Golden;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.Model;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.WithAux;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.loss.Losses;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Outputs, losses, hidden states and gradients through time of the cells, against golden vectors.
 */
class GoldenCellTest {

  private static final class Net extends Layer {
    private final Sequential rnn;
    private final Linear readout;

    Net(String cell, DType dtype) {
      RandomKey key = RandomKey.of(0);
      Layer layer =
          switch (cell) {
            case "vanilla" -> new RnnCell(3, 5, key, dtype);
            case "gru" -> new GruCell(3, 5, key, dtype);
            case "lstm" -> new LstmCell(3, 5, key, dtype);
            case "mgu" -> new MguCell(3, 5, key, dtype);
            case "minimal" -> new MinimalRnnCell(3, 5, key, dtype);
            case "minigru" -> new MiniGruCell(3, 5, key, dtype);
            case "minilstm" -> new MiniLstmCell(3, 5, key, dtype);
            default -> throw new IllegalArgumentException(cell);
          };
      rnn = new Sequential(layer);
      readout = new Linear(5, 4, key, dtype);
    }

    @Override
    public Tensor update(Tensor x) {
      return readout.update(rnn.update(x));
    }
  }

  private record Seen(Tensor outputs, Tensor losses, Map<String, Tensor> hidden) {}

  @ParameterizedTest
  @CsvSource({
    "vanilla,F64,1e-10",
    "gru,F64,1e-10",
    "lstm,F64,1e-10",
    "mgu,F64,1e-10",
    "minimal,F64,1e-10",
    "minigru,F64,1e-10",
    "minilstm,F64,1e-10",
    "vanilla,F32,1e-5",
    "gru,F32,1e-5",
    "lstm,F32,1e-5",
    "mgu,F32,1e-5",
    "minimal,F32,1e-5",
    "minigru,F32,1e-5",
    "minilstm,F32,1e-5"
  })
  void trainsThroughTimeAsTheVectorsSay(String cell, DType dtype, double tolerance) {
    Golden golden = new Golden(cell + "-d_rtrl");
    Net net = new Net(cell, dtype);
    golden.load(net);
    States weights = net.states().subset(State.Kind.PARAMETER);
    Tensor inputs = golden.get("inputs").cast(dtype);
    HostTensor targets = golden.get("targets");

    GradWithAux<Grads, Seen> r =
        Engram.jit(
                (Tensor xs, Tensor ys) -> {
                  net.initAllStates(2);
                  return Engram.gradWithAux(() -> run(net, xs, ys), weights).apply();
                })
            .apply(inputs, targets);

    Golden.assertClose("outputs", golden.get("outputs"), r.aux().outputs(), tolerance);
    Golden.assertClose("losses", golden.get("losses"), r.aux().losses(), tolerance);
    r.aux()
        .hidden()
        .forEach((path, h) -> Golden.assertClose(path, golden.get("hidden." + path), h, tolerance));
    assertTrue(r.grad().paths().size() >= 4);
    r.grad()
        .byPath()
        .forEach(
            (path, g) ->
                Golden.assertClose(path, golden.get("bptt." + Golden.name(path)), g, tolerance));
  }

  private static WithAux<Seen> run(Net net, Tensor xs, Tensor ys) {
    Seen seen =
        Engram.forLoop(
            (x, y) -> {
              Tensor out = net.update(x);
              Tensor loss = Losses.softmaxCrossEntropy(out, y).mean();
              return new Seen(out, loss, hidden(net));
            },
            xs,
            ys);
    return new WithAux<>(seen.losses().sum(), seen);
  }

  private static Map<String, Tensor> hidden(Model net) {
    Map<String, Tensor> out = new LinkedHashMap<>();
    net.states().subset(State.Kind.HIDDEN).byPath().forEach((path, s) -> out.put(path, s.value()));
    return out;
  }

  @ParameterizedTest
  @CsvSource({"vanilla", "gru", "lstm", "mgu", "minimal", "minigru", "minilstm"})
  void aChangedWeightChangesTheGradient(String cell) {
    Golden golden = new Golden(cell + "-d_rtrl");
    Net net = new Net(cell, DType.F64);
    golden.load(net);
    State w = net.readout.weight();
    w.set(w.value().mul(1.01));
    net.initAllStates(2);
    Tensor g =
        Engram.grad(
                () -> run(net, golden.get("inputs"), golden.get("targets")).value(),
                net.states().subset(State.Kind.PARAMETER))
            .apply()
            .get("readout.weight");
    assertTrue(g.sub(golden.get("bptt.readout.weight.weight")).abs().max().host().item() > 1e-6);
  }
}
