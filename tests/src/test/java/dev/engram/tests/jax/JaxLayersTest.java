package dev.engram.tests.jax;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.GradWithAux;
import dev.engram.Grads;
import dev.engram.Layer;
import dev.engram.Network;
import dev.engram.RandomKey;
import dev.engram.State;
import dev.engram.States;
import dev.engram.Vmap;
import dev.engram.WithAux;
import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.op.ConvWindows;
import dev.engram.nn.BatchNorm;
import dev.engram.nn.ConvTranspose;
import dev.engram.nn.Initializer;
import dev.engram.nn.Mode;
import dev.engram.nn.PRelu;
import dev.engram.nn.Parametrization;
import dev.engram.nn.ScaledWsConv;
import dev.engram.testkit.Close;
import dev.engram.tests.Everywhere;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers, their gradients and running statistics against JAX, on every backend. */
class JaxLayersTest {
  private static final RandomKey KEY = RandomKey.of(0);
  private static final Optional<Initializer> BIAS = Optional.of(Initializer.zeros());
  private static final Vectors FILE = Vectors.of("/jax/layers.safetensors");

  static List<Compiler> compilers() {
    return Everywhere.names().stream().map(Compiler::new).toList();
  }

  private static HostTensor get(String name) {
    return FILE.get(name);
  }

  /** Value and cotangents; operand 0 is the input, the others are the named weights. */
  private static void check(
      Compiler compiler, String name, Layer layer, Network<Tensor, Tensor> whole, String... names) {
    Map<String, State> all = new TreeMap<>();
    for (int i = 0; i < names.length; i++) {
      State w = layer.states().get(names[i]);
      w.set(get(name + "." + (i + 1)));
      all.put(names[i], w);
    }
    State x = State.parameter(get(name + ".0"));
    all.put("x", x);
    Tensor ct = get(name + ".ct");
    GradWithAux<Grads, Tensor> run =
        Engram.jit(
                compiler,
                Engram.<Tensor>gradWithAux(
                    () -> {
                      Tensor y = whole.update(x.value());
                      return new WithAux<>(y.mul(ct).sum(), y);
                    },
                    new States(all)))
            .apply();
    Close.check(name, run.aux(), get(name + ".y"));
    Close.check(name + " by x", run.grad().get("x"), get(name + ".grad0"));
    for (int i = 0; i < names.length; i++) {
      String path = names[i];
      Close.check(name + " by " + path, run.grad().get(path), get(name + ".grad" + (i + 1)));
    }
  }

  private static void check(Compiler compiler, String name, Layer layer, String... names) {
    check(compiler, name, layer, layer, names);
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void batchNorms(Compiler compiler) {
    for (String axis : new String[] {"", "batch"}) {
      BatchNorm norm = new BatchNorm(4, new Mode(), DType.F64, 0.01, 0.8, true, axis);
      Network<Tensor, Tensor> whole = axis.isEmpty() ? norm : new Vmap<>(norm, axis);
      Engram.jit(compiler, (Tensor xs) -> Engram.forLoop((Tensor x) -> whole.update(x), xs))
          .apply(get("batchNorm.xs").slice(0, 0, 2));
      check(compiler, "batchNorm", norm, whole, "scale", "bias");
      Close.check("mean", norm.states().get("runningMean").value(), get("batchNorm.mean"));
      Close.check(
          "variance", norm.states().get("runningVariance").value(), get("batchNorm.variance"));
    }
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void rectifiersWithLearnedSlopes(Compiler compiler) {
    check(compiler, "prelu", new PRelu(5, DType.F64, 0), "slope");
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void convolutionsOfStandardizedWeights(Compiler compiler) {
    ScaledWsConv conv =
        new ScaledWsConv(
            new int[] {2, 3},
            2,
            3,
            ConvWindows.same(),
            1,
            KEY,
            DType.F64,
            Initializer.zeros(),
            Optional.empty(),
            1e-4);
    check(compiler, "scaledConv", conv, "weight", "gain");
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void transposedConvolutions(Compiler compiler) {
    ConvTranspose conv =
        new ConvTranspose(
            new int[] {3, 2},
            2,
            3,
            ConvWindows.same().stride(2),
            KEY,
            DType.F64,
            Initializer.zeros(),
            BIAS,
            Parametrization.none());
    check(compiler, "convTranspose", conv, "weight", "bias");
  }
}
