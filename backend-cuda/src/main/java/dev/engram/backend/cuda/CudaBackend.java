package dev.engram.backend.cuda;

import dev.engram.backend.cuda.driver.Cards;
import dev.engram.backend.cuda.driver.CompilerCache;
import dev.engram.backend.cuda.driver.LoadedLibraries;
import dev.engram.backend.cuda.javacpp.JavaCppCards;
import dev.engram.backend.cuda.run.CudaDevice;
import dev.engram.backend.cuda.text.CudaText;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.EngramException;
import dev.engram.ir.checks.Given;
import dev.engram.lower.Backend;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs loop programs on NVIDIA's cards; its name is {@code cuda}, and the names of its devices are
 * {@code cuda:0}, {@code cuda:1} and so on. Nothing is loaded before someone asks for a device.
 */
public final class CudaBackend implements Backend {
  private static final String NAME = "cuda";
  private static final int MOST_SHARES = 1 << 14;
  private static final long SHARE_READS = 200_000;

  private final Supplier<CudaOptions> wanted;
  private @Nullable Found found;

  /**
   * What there is.
   *
   * @param why there is none
   */
  private record Found(
      CudaOptions options, Optional<Cards> cards, List<Device> devices, Optional<String> why) {}

  /** Uses {@link CudaOptions#ofProperties}, which are read when a device is first asked for. */
  public CudaBackend() {
    this.wanted = CudaOptions::ofProperties;
  }

  /** Uses these options. */
  public CudaBackend(CudaOptions options) {
    Given.given("CudaBackend", "options", options);
    this.wanted = () -> options;
  }

  private synchronized Found found() {
    Found f = found;
    if (f == null) {
      f = find(wanted.get());
      found = f;
    }
    return f;
  }

  private static Found find(CudaOptions o) {
    try {
      Cards cards = JavaCppCards.find(o.cache());
      List<Device> devices = new ArrayList<>();
      cards
          .drivers()
          .forEach(
              driver ->
                  devices.add(
                      new CudaDevice(
                          NAME + ":" + devices.size(),
                          driver,
                          text(o),
                          o.memory().of(driver.card().bytes()),
                          o.sync())));
      return new Found(o, Optional.of(cards), List.copyOf(devices), Optional.empty());
    } catch (NoClassDefFoundError e) {
      return none(
          o,
          "JavaCPP is not there ("
              + e.getMessage()
              + "); add org.bytedeco:cuda, and on the module path"
              + " --add-modules=org.bytedeco.cuda");
    } catch (RuntimeException | LinkageError e) {
      return none(o, String.valueOf(e.getMessage()));
    }
  }

  private static Found none(CudaOptions o, String why) {
    return new Found(o, Optional.empty(), List.of(), Optional.of(why));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Device> devices() {
    return found().devices;
  }

  @Override
  public Optional<String> unavailable() {
    return found().why;
  }

  @Override
  public Map<String, String> facts() {
    Map<String, String> all = new LinkedHashMap<>();
    Found f;
    try {
      f = found();
    } catch (EngramException e) {
      all.put("settings", String.valueOf(e.getMessage()));
      return all;
    }
    f.cards.ifPresent(
        c -> {
          all.put("driver", "CUDA " + c.version());
          all.put("compiler", compiler(c));
          all.putAll(LoadedLibraries.paths());
        });
    all.put("cache", CompilerCache.describe(f.options.cache()));
    all.put("wait for each kernel", f.options.sync() ? "yes" : "no");
    return all;
  }

  private static String compiler(Cards cards) {
    try {
      return cards.compiler().name();
    } catch (EngramException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /**
   * Loops over examples as one kernel each, a block for each example, unless weights are so large
   * that blocks which read them by themselves would take longer than a kernel for each nest: on an
   * H200, 64 blocks read 44 bytes each in a nanosecond from the cache that all share, and a product
   * in a graph takes some 4 µs ({@code bench/gpu/README.md}).
   */
  @Override
  public LoweringOptions lowering() {
    LoweringOptions o = LoweringOptions.standard();
    return wanted.get().kernels() == CudaOptions.Kernels.SHARES
        ? o.withShares(MOST_SHARES, 1, 1).withShareReads(SHARE_READS)
        : o;
  }

  private static TextOptions text(CudaOptions o) {
    TextOptions all = TextOptions.standard();
    return o.kernels() == CudaOptions.Kernels.NESTS ? all.withoutCooperation() : all;
  }

  @Override
  public String text(LoopProgram program) {
    return CudaText.of(program, text(wanted.get())).text();
  }
}
