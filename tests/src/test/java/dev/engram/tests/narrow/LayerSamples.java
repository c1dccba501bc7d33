package dev.engram.tests.narrow;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.op.ConvWindows;
import dev.engram.nn.BatchNorm;
import dev.engram.nn.CfnCell;
import dev.engram.nn.ChannelDropout;
import dev.engram.nn.Connectivity;
import dev.engram.nn.Conv;
import dev.engram.nn.ConvTranspose;
import dev.engram.nn.Dropout;
import dev.engram.nn.EventLinear;
import dev.engram.nn.GroupNorm;
import dev.engram.nn.GroupedLinear;
import dev.engram.nn.GruCell;
import dev.engram.nn.Initializer;
import dev.engram.nn.LayerNorm;
import dev.engram.nn.LeakyReadout;
import dev.engram.nn.Linear;
import dev.engram.nn.LoraLinear;
import dev.engram.nn.LruCell;
import dev.engram.nn.LstmCell;
import dev.engram.nn.MguCell;
import dev.engram.nn.MinGruCell;
import dev.engram.nn.MinLstmCell;
import dev.engram.nn.MiniGruCell;
import dev.engram.nn.MiniLstmCell;
import dev.engram.nn.MinimalRnnCell;
import dev.engram.nn.Mode;
import dev.engram.nn.PRelu;
import dev.engram.nn.Parametrization;
import dev.engram.nn.RmsNorm;
import dev.engram.nn.RnnCell;
import dev.engram.nn.ScaledWsConv;
import dev.engram.nn.ScaledWsLinear;
import dev.engram.nn.SignedLinear;
import dev.engram.nn.SparseLinear;
import dev.engram.nn.UrLstmCell;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** A layer of each kind, for inputs of {@link #IN} elements. */
public final class LayerSamples {
  /** Elements of an input. */
  public static final int IN = 8;

  private static final RandomKey KEY = RandomKey.of(1);

  /**
   * A layer.
   *
   * @param steps tolerance, in units in the last place of the greatest element. One for a layer
   *     that rounds once, on all operands. A layer of products, such as a cell, rounds after each
   *     op like a user's program, up to about ten in a row, and a product of its weights with
   *     operands near the end of the range overflows
   */
  public record Row(double steps, Function<DType, Layer> make) {}

  /** By the names of their classes, with a word behind for more of one. */
  public static final Map<String, Row> ROWS = new LinkedHashMap<>();

  static {
    ROWS.put("LayerNorm", new Row(1, t -> new LayerNorm(IN, t, 1e-5)));
    ROWS.put("RmsNorm", new Row(1, t -> new RmsNorm(IN, t, 1e-5)));
    ROWS.put("GroupNorm", new Row(1, t -> new GroupNorm(2, IN, t, 1e-5)));
    ROWS.put("LayerNorm small", new Row(1, t -> new LayerNorm(IN, t, 1e-12)));
    ROWS.put("RmsNorm small", new Row(1, t -> new RmsNorm(IN, t, 1e-12)));
    ROWS.put("GroupNorm small", new Row(1, t -> new GroupNorm(4, IN, t, 1e-12)));
    ROWS.put("BatchNorm", new Row(1, t -> batchNorm(t, 1e-5)));
    ROWS.put("BatchNorm small", new Row(1, t -> batchNorm(t, 1e-12)));
    ROWS.put("PRelu", new Row(1, t -> new PRelu(IN, t, 0.1)));
    ROWS.put("ChannelDropout", new Row(1, t -> new ChannelDropout(0.1, 1, KEY, new Mode())));
    ROWS.put("Dropout", new Row(1, t -> new Dropout(0.1, KEY, new Mode())));
    ROWS.put("Linear", new Row(2, t -> new Linear(IN, 4, KEY, t)));
    ROWS.put("GroupedLinear", new Row(2, t -> new GroupedLinear(2, IN, 4, KEY, t)));
    ROWS.put("SignedLinear", new Row(2, t -> new SignedLinear(signs(), 4, KEY, t)));
    ROWS.put("SparseLinear", new Row(4, t -> new SparseLinear(some(), KEY, t)));
    ROWS.put("EventLinear", new Row(1, t -> new EventLinear(some(), KEY, t)));
    ROWS.put("ScaledWsLinear", new Row(4, t -> scaledWs(t)));
    ROWS.put("LoraLinear", new Row(4, t -> new LoraLinear(base(t), 2, 1, KEY)));
    ROWS.put(
        "Conv", new Row(2, t -> new Conv(new int[] {1}, IN, 4, ConvWindows.valid(), 1, KEY, t)));
    ROWS.put("ConvTranspose", new Row(2, t -> convTranspose(t)));
    ROWS.put("ScaledWsConv", new Row(4, t -> scaledWsConv(t)));
    ROWS.put("LeakyReadout", new Row(4, t -> new LeakyReadout(IN, 4, 10, 1, KEY, t)));
    ROWS.put("RnnCell", new Row(8, t -> new RnnCell(IN, 4, KEY, t)));
    ROWS.put("GruCell", new Row(8, t -> new GruCell(IN, 4, KEY, t)));
    ROWS.put("LstmCell", new Row(8, t -> new LstmCell(IN, 4, KEY, t)));
    ROWS.put("UrLstmCell", new Row(8, t -> new UrLstmCell(IN, 4, KEY, t)));
    ROWS.put("MguCell", new Row(8, t -> new MguCell(IN, 4, KEY, t)));
    ROWS.put("MinGruCell", new Row(8, t -> new MinGruCell(IN, 4, KEY, t)));
    ROWS.put("MinLstmCell", new Row(8, t -> new MinLstmCell(IN, 4, KEY, t)));
    ROWS.put("MiniGruCell", new Row(8, t -> new MiniGruCell(IN, 4, KEY, t)));
    ROWS.put("MiniLstmCell", new Row(8, t -> new MiniLstmCell(IN, 4, KEY, t)));
    ROWS.put("MinimalRnnCell", new Row(8, t -> new MinimalRnnCell(IN, 4, KEY, t)));
    ROWS.put("CfnCell", new Row(8, t -> new CfnCell(IN, 4, KEY, t)));
    ROWS.put("LruCell", new Row(8, t -> new LruCell(IN, 4, KEY, t, 0.5, 0.9, 1)));
  }

  private LayerSamples() {}

  private static double[] signs() {
    return new double[] {1, -1, 1, 1, -1, 1, -1, 1};
  }

  private static Connectivity some() {
    return Connectivity.fixedInDegree(IN, 4, 3, KEY);
  }

  private static Tensor base(DType t) {
    return Initializer.heNormal().make(KEY, Shape.of(IN, 4), t);
  }

  private static Layer scaledWs(DType t) {
    return new ScaledWsLinear(IN, 4, KEY, t, Initializer.heNormal(), 1e-4);
  }

  private static Layer batchNorm(DType t, double epsilon) {
    return new BatchNorm(1, new Mode(), t, epsilon, 0.9, true, "");
  }

  private static Layer convTranspose(DType t) {
    return new ConvTranspose(
        new int[] {1},
        IN,
        4,
        ConvWindows.valid(),
        KEY,
        t,
        Initializer.heNormal(),
        Optional.empty(),
        Parametrization.none());
  }

  private static Layer scaledWsConv(DType t) {
    return new ScaledWsConv(
        new int[] {1},
        IN,
        4,
        ConvWindows.valid(),
        1,
        KEY,
        t,
        Initializer.heNormal(),
        Optional.empty(),
        1e-4);
  }

  /** Runs one step, one position where a layer has positions, or a batch of one feature. */
  public static Tensor update(Layer layer, Tensor in) {
    return switch (layer) {
      case Conv _, ConvTranspose _, ScaledWsConv _, GroupNorm _, ChannelDropout _ ->
          layer.update(in.expandDims(0));
      case BatchNorm _ -> layer.update(in.expandDims(1)).reshape(in.shape());
      default -> layer.update(in);
    };
  }
}
