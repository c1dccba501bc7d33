package dev.engram.backend.cuda.javacpp;

import dev.engram.backend.cuda.driver.Card;
import dev.engram.backend.cuda.driver.Cards;
import dev.engram.backend.cuda.driver.CompilerCache;
import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.driver.KernelCompiler;
import dev.engram.ir.EngramException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.SizeTPointer;
import org.jspecify.annotations.Nullable;

/** The cards of this machine. */
public final class JavaCppCards {
  /**
   * What the driver must support, as it counts: CUDA 13.0. Bindings are made for it, and a function
   * that a driver lacks ends the process when it is called.
   */
  private static final int LEAST_VERSION = 13000;

  private static final int NAME_BYTES = 256;
  private static final long CACHE_BYTES = 1L << 30;

  private JavaCppCards() {}

  /**
   * All cards, each with its driver.
   *
   * @param cache the folder of compiled kernels
   * @throws EngramException with the reason, where there is none
   */
  public static Cards find(Path cache) {
    Libraries.load(cudart.class, "the driver of NVIDIA");
    int version = version();
    if (version < LEAST_VERSION) {
      throw new EngramException(
          "the driver of NVIDIA supports CUDA %s, expected at least %s; install driver 580 or newer"
              .formatted(dotted(version), dotted(LEAST_VERSION)));
    }
    Calls.check(cudart.cuInit(0), "the start of the driver");
    KernelCompiler compiler = new CompilerCache(new Lazy(), cache, CACHE_BYTES);
    List<Driver> all = new ArrayList<>();
    int[] count = new int[1];
    Calls.check(cudart.cuDeviceGetCount(count), "the count of cards");
    for (int k = 0; k < count[0]; k++) {
      int[] device = new int[1];
      Calls.check(cudart.cuDeviceGet(device, k), "card " + k);
      all.add(new JavaCppDriver(device[0], card(device[0]), compiler));
    }
    if (all.isEmpty()) {
      throw new EngramException("the driver of NVIDIA finds no card");
    }
    return new Cards(dotted(version), compiler, all);
  }

  private static int version() {
    int[] version = new int[1];
    Calls.check(cudart.cuDriverGetVersion(version), "the question for the driver's version");
    return version[0];
  }

  private static String dotted(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  private static Card card(int device) {
    byte[] name = new byte[NAME_BYTES];
    Calls.check(cudart.cuDeviceGetName(name, name.length, device), "the name of a card");
    int end = 0;
    while (end < name.length && name[end] != 0) {
      end++;
    }
    try (SizeTPointer bytes = new SizeTPointer(1)) {
      Calls.check(cudart.cuDeviceTotalMem(bytes, device), "the memory of a card");
      return new Card(
          new String(Arrays.copyOf(name, end), StandardCharsets.UTF_8),
          attribute(device, cudart.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
          attribute(device, cudart.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
          bytes.get(),
          attribute(device, cudart.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
          attribute(device, cudart.CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH) != 0);
    }
  }

  private static int attribute(int device, int which) {
    int[] value = new int[1];
    Calls.check(cudart.cuDeviceGetAttribute(value, which, device), "an attribute of a card");
    return value[0];
  }

  /** It is loaded when something is compiled first. */
  private static final class Lazy implements KernelCompiler {
    private @Nullable Nvrtc loaded;

    private synchronized Nvrtc nvrtc() {
      Nvrtc n = loaded;
      if (n == null) {
        n = new Nvrtc();
        loaded = n;
      }
      return n;
    }

    @Override
    public String name() {
      return nvrtc().name();
    }

    @Override
    public byte[] compile(String text, Card card) {
      return nvrtc().compile(text, card);
    }
  }
}
