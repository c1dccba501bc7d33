package dev.engram.tests.mistakes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Axes;
import dev.engram.Captured;
import dev.engram.Engram;
import dev.engram.TracedFunction;
import dev.engram.etrace.HiddenGroup;
import dev.engram.etrace.KeptPositions;
import dev.engram.etrace.ModelStep;
import dev.engram.ir.EngramException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Meaningless numbers for each parameter of every public constructor and static method: NaN,
 * infinities, and numbers that are negative or 0, with the exceptions named here. An error says
 * what was got, what was expected, and the user's source line.
 */
class NumberParametersTest {
  /**
   * {@link Engram}: axes, and lengths of loops, which may be empty. {@link Axes}: axes count from
   * the end too. The others are made only by tracing and the analysis.
   */
  private static final Set<Class<?>> OTHERWISE =
      Set.of(
          Engram.class,
          Axes.class,
          Captured.OfState.class,
          TracedFunction.class,
          TracedFunction.Written.class,
          HiddenGroup.class,
          KeptPositions.class,
          ModelStep.class);

  /** Parameters of any sign: slopes, potentials, offsets, gains, axes. */
  private static final Set<String> SIGNED =
      names(
          """
          RandomTensors.low RandomTensors.axis
          Activations.alpha Activations.slope Activations.axis PRelu.start
          Initializer.value Initializer.gain Initializer.low Initializer.high LoraLinear.scale
          Constant.value Encoders.threshold Membrane.resistance Membrane.rest Membrane.resetTo
          GifNeuron.rest GifNeuron.resistance GifNeuron.k1 GifNeuron.k2 GifNeuron.a GifNeuron.b
          GifNeuron.thresholdInf GifNeuron.r1 GifNeuron.r2 GifNeuron.a1 GifNeuron.a2
          GifNeuron.reset GifNeuron.thresholdReset
          IzhikevichNeuron.a IzhikevichNeuron.b IzhikevichNeuron.c IzhikevichNeuron.d
          ExponentialIfNeuron.rest ExponentialIfNeuron.resistance ExponentialIfNeuron.threshold
          ExponentialIfNeuron.peak ExponentialIfNeuron.reset
          QuadraticIfNeuron.rest QuadraticIfNeuron.critical QuadraticIfNeuron.resistance
          QuadraticIfNeuron.peak QuadraticIfNeuron.reset
          AdExNeuron.rest AdExNeuron.threshold AdExNeuron.a AdExNeuron.b AdExNeuron.peak
          AdExNeuron.reset HodgkinHuxleyNeuron.sodiumReversal HodgkinHuxleyNeuron.potassiumReversal
          HodgkinHuxleyNeuron.leakReversal HodgkinHuxleyNeuron.threshold Stdp.aPlus Stdp.aMinus
          Conductance.reversal BlockedConductance.reversal
          Surrogate.height Surrogate.h Surrogate.leak
          Losses.margin Parametrization.low
          """);

  /** Parameters that may be 0: rates, decays, averages, probabilities, and counts. */
  private static final Set<String> FROM_ZERO =
      names(
          """
          Sgd.rate Sgd.momentum Sgd.decay RmsProp.rate RmsProp.rho RmsProp.momentum RmsProp.decay
          Adagrad.rate Adagrad.start Adagrad.decay Lion.rate Lion.beta1 Lion.beta2 Lion.decay
          Adam.rate Adam.beta1 Adam.beta2 Adam.decay GradientTransforms.limit
          GradientTransforms.decay GradientTransforms.floor
          AdaBelief.rate AdaBelief.beta1 AdaBelief.beta2 AdaBelief.decay
          Adamax.rate Adamax.beta1 Adamax.beta2 Adamax.decay
          AmsGrad.rate AmsGrad.beta1 AmsGrad.beta2 AmsGrad.decay
          Lamb.rate Lamb.beta1 Lamb.beta2 Lamb.decay NAdam.rate NAdam.beta1 NAdam.beta2 NAdam.decay
          NovoGrad.rate NovoGrad.beta1 NovoGrad.beta2 NovoGrad.decay
          RAdam.rate RAdam.beta1 RAdam.beta2 RAdam.decay Yogi.rate Yogi.beta1 Yogi.beta2 Yogi.decay
          Adafactor.rate Adafactor.momentum Adafactor.decay AdaDelta.rate AdaDelta.rho AdaDelta.decay Fromage.rate
          Lars.rate Lars.momentum Lars.decay SignSgd.rate SignSgd.momentum SignSgd.decay
          Sm3.rate Sm3.momentum Sm3.decay
          LearningRate.rate LearningRate.factor LearningRate.first LearningRate.last
          LearningRate.peak Plateau.rate Plateau.patience Plateau.cooldown Plateau.threshold
          Plateau.least Lookahead.share WeightAverage.kept
          EProp.kappa Rule.kappa Kappa.kappa InputOutput.inputDecay Leak.decay LruCell.low
          BatchNorm.epsilon BatchNorm.momentum GroupNorm.epsilon LayerNorm.epsilon RmsNorm.epsilon
          HodgkinHuxleyNeuron.sodium HodgkinHuxleyNeuron.potassium
          ScaledWsConv.epsilon ScaledWsLinear.epsilon Activations.threshold ChannelDropout.rate
          Initializer.deviation Dropout.rate RandomTensors.p Connectivity.p Depression.use ShortTerm.use
          BlockedConductance.magnesium RandomTensors.n Connectivity.degree Connectivity.k Delay.steps
          SignedLinear.excitatory Coo.height Coo.width Csr.width
          Penalties.low Losses.smoothing Losses.gamma Losses.alpha
          """);

  /** Parameters that may be infinite, for no limit. */
  private static final Set<String> ENDLESS = Set.of("GradientTransforms.limit", "Penalties.high");

  /** Refused for another of the samples first; {@link NumberMistakes} has a row for each. */
  private static final Set<String> MASKED =
      Set.of("LossScale.every", "Coo.height", "Coo.width", "Csr.width");

  private static Set<String> names(String text) {
    return Set.of(text.strip().split("\\s+"));
  }

  private final Samples samples = new Samples(SampleTable.all());
  private final Set<String> faults = new TreeSet<>();
  private int tried;

  @Test
  void numbersWithoutMeaningAreRefused() {
    for (Class<?> c : PublicMembers.classes(List.of("etrace", "core"))) {
      if (!OTHERWISE.contains(c)) {
        PublicMembers.of(c).stream().filter(PublicMembers::isStatic).forEach(e -> each(c, e));
      }
    }
    System.out.println("meaningless numbers: " + tried);
    assertEquals("", String.join("\n", faults));
    assertTrue(tried >= 800, "only " + tried);
  }

  private void each(Class<?> c, Executable e) {
    Class<?>[] types = e.getParameterTypes();
    for (int i = 0; i < types.length; i++) {
      String key = owner(c) + "." + e.getParameters()[i].getName();
      for (Number n : MASKED.contains(key) ? List.<Number>of() : meaningless(types[i], key)) {
        tried++;
        String got = got(e, i, n);
        if (!got.isEmpty()) {
          faults.add(key + " = " + n + ": " + got + " [" + PublicMembers.name(e) + "]");
        }
      }
    }
  }

  /** The neuron of constants, else the class. */
  private static String owner(Class<?> c) {
    Class<?> named = c.getSimpleName().equals("Constants") ? c.getDeclaringClass() : c;
    return named.getSimpleName();
  }

  private static List<Number> meaningless(Class<?> type, String key) {
    List<Number> all = new ArrayList<>();
    if (type == double.class) {
      all.addAll(List.of(Double.NaN, Double.NEGATIVE_INFINITY));
      if (!ENDLESS.contains(key)) {
        all.add(Double.POSITIVE_INFINITY);
      }
      if (!SIGNED.contains(key)) {
        all.add(-1.0);
        if (!FROM_ZERO.contains(key)) {
          all.add(0.0);
        }
      }
    } else if (type == int.class && !SIGNED.contains(key)) {
      all.addAll(List.of(Integer.MIN_VALUE, -1));
      if (!FROM_ZERO.contains(key)) {
        all.add(0);
      }
    }
    return all;
  }

  private String got(Executable e, int place, Number n) {
    Object[] args = Arrays.stream(e.getGenericParameterTypes()).map(samples::of).toArray();
    args[place] = n;
    try {
      switch (e) {
        case Constructor<?> c -> c.newInstance(args);
        case Method m -> m.invoke(null, args);
      }
      return "silence";
    } catch (InvocationTargetException thrown) {
      return fault(thrown.getCause(), e.getParameters()[place].getName(), n);
    } catch (ReflectiveOperationException cannot) {
      return "no call: " + cannot;
    }
  }

  private static String fault(Throwable e, String name, Number n) {
    String message = String.valueOf(e.getMessage());
    boolean told =
        e instanceof EngramException
            && message.contains("expected")
            && (message.contains(name + "=") || message.contains(n.toString()))
            && message.contains("NumberParametersTest.java:");
    return told ? "" : e.toString();
  }
}
