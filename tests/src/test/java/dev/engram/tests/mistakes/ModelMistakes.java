package dev.engram.tests.mistakes;

import dev.engram.Engram;
import dev.engram.Layer;
import dev.engram.Model;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.loss.Losses;
import dev.engram.nn.Conv;
import dev.engram.nn.Embedding;
import dev.engram.nn.GruCell;
import dev.engram.nn.Linear;
import dev.engram.nn.LstmCell;
import dev.engram.nn.Sequential;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Mistakes with models, their states and losses. */
final class ModelMistakes {
  private ModelMistakes() {}

  private static Tensor zeros(int... dims) {
    return HostTensor.full(TensorType.of(DType.F32, dims), 0);
  }

  private static LstmCell ready() {
    LstmCell cell = new LstmCell(3, 8, RandomKey.of(0));
    cell.initAllStates();
    return cell;
  }

  /** Two states of one name. */
  private static class Base extends Model {
    private final State w = parameter(zeros(1));

    State base() {
      return w;
    }
  }

  private static final class Twice extends Base {
    private final State w = parameter(zeros(2));

    State own() {
      return w;
    }
  }

  static void add(Rows rows) {
    inputs(rows);
    states(rows);
    losses(rows);
  }

  private static void inputs(Rows rows) {
    rows.refused("an input of the wrong width", () -> ready().update(zeros(4)));
    rows.refused(
        "doubles for a model of floats",
        () -> ready().update(HostTensor.of(new double[] {1, 2, 3}, 3)));
    rows.refused(
        "integers for a model of floats", () -> ready().update(HostTensor.of(new int[3], 3)));
    rows.refused("a batch for a model of one example", () -> ready().update(zeros(5, 3)));
    rows.refused("a scalar for a model", () -> ready().update(zeros()));
    rows.refused(
        "layers that do not fit each other",
        () ->
            new Sequential(new Linear(3, 4, RandomKey.of(0)), new Linear(5, 2, RandomKey.of(1)))
                .update(zeros(3)));
    rows.refused("a layer of no outputs", () -> new Linear(3, 0, RandomKey.of(0)));
    rows.refused("a cell of no units", () -> new GruCell(3, 0, RandomKey.of(0)));
    rows.refused(
        "an image without channels",
        () -> new Conv(new int[] {3, 3}, 1, 4, RandomKey.of(0)).update(zeros(8, 8)));
    rows.refused(
        "words that are floats", () -> new Embedding(10, 4, RandomKey.of(0)).update(zeros(2)));
    rows.refused(
        "a word that is none",
        () -> new Embedding(10, 4, RandomKey.of(0)).update(HostTensor.of(new int[] {3, 10}, 2)));
  }

  private static void states(Rows rows) {
    rows.refused(
        "a state without a value", () -> new LstmCell(3, 8, RandomKey.of(0)).update(zeros(3)));
    rows.refused("states for no example", () -> ready().initAllStates(0));
    rows.refused("a state of another shape", () -> State.hidden(() -> zeros(3)).value());
    rows.refused("a state set to another shape", () -> State.other(zeros(3)).set(zeros(4)));
    rows.refused(
        "a state set to another type",
        () -> State.other(zeros(3)).set(HostTensor.of(new double[3], 3)));
    rows.refused("a name of no state", () -> ready().states().get("weight"));
    rows.refused(
        "two fields of one name",
        () -> {
          Twice both = new Twice();
          both.own().set(zeros(2));
          both.base().set(zeros(1));
          both.states();
        });
    rows.refused(
        "a state made in a trace and read later",
        () -> {
          State[] kept = new State[1];
          Engram.jit((Tensor x) -> (kept[0] = State.other(x)).value()).apply(zeros(2));
          kept[0].value();
        });
    rows.refused(
        "a file of other weights",
        () -> {
          Path file = Files.createTempFile("mistakes", ".safetensors");
          try {
            new Linear(3, 4, RandomKey.of(0)).states().save(file);
            new Linear(3, 5, RandomKey.of(0)).states().load(file);
          } finally {
            Files.delete(file);
          }
        });
    rows.refused(
        "a file written while tracing",
        () ->
            Engram.jit(
                    (Tensor x) -> {
                      try {
                        new Linear(3, 4, RandomKey.of(0)).states().save(Path.of("never"));
                      } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                      }
                      return x;
                    })
                .apply(zeros()));
    rows.told(
        "a layer that a lambda captures, in a gradient",
        () -> {
          Linear captured = new Linear(3, 4, RandomKey.of(0));
          Sequential model =
              new Sequential(new Linear(3, 3, RandomKey.of(1)), Layer.of(captured::update));
          Engram.grad(() -> model.update(zeros(3)).sum(), model.states()).apply();
          Engram.grad(() -> model.update(zeros(3)).sum(), model.states()).apply();
        });
  }

  private static void losses(Rows rows) {
    Tensor logits = zeros(5, 3);
    rows.refused("labels that are floats", () -> Losses.softmaxCrossEntropy(logits, zeros(5)));
    rows.refused(
        "one-hot labels",
        () -> Losses.softmaxCrossEntropy(logits, HostTensor.of(new int[15], 5, 3)));
    rows.refused(
        "a label that is no class",
        () -> Losses.softmaxCrossEntropy(logits, HostTensor.of(new int[] {0, 3, 1, 2, 0}, 5)));
    rows.refused("targets of another shape", () -> Losses.meanSquaredError(zeros(5, 1), zeros(5)));
    rows.refused(
        "a loss that is no scalar",
        () ->
            Engram.grad((Tensor z) -> Losses.softmaxCrossEntropy(z, HostTensor.of(new int[5], 5)))
                .apply(logits));
    rows.refused("predictions of no list", () -> Tensor.stack(0, List.of()));
  }
}
