package dev.engram.backend.cuda.javacpp;

import dev.engram.backend.cuda.driver.Card;
import dev.engram.backend.cuda.driver.KernelCompiler;
import dev.engram.backend.cuda.text.CudaSource;
import dev.engram.ir.EngramException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * NVIDIA's run-time compiler. It makes code for the card itself; for a card that is newer than it,
 * PTX for the newest that it knows, which the driver then compiles.
 */
public final class Nvrtc implements KernelCompiler {
  private final int major;
  private final int minor;
  private final int[] architectures;

  /**
   * What it has made.
   *
   * @param log what it says, such as warnings
   */
  public record Made(byte[] image, String log) {}

  /**
   * @throws EngramException where it is not there
   */
  public Nvrtc() {
    Libraries.load(nvrtc.class, "NVRTC, the compiler of kernels");
    int[] a = new int[1];
    int[] b = new int[1];
    check(nvrtc.nvrtcVersion(a, b), "the question for its version");
    this.major = a[0];
    this.minor = b[0];
    check(nvrtc.nvrtcGetNumSupportedArchs(a), "the question for its cards");
    this.architectures = new int[a[0]];
    check(nvrtc.nvrtcGetSupportedArchs(architectures), "the question for its cards");
    Arrays.sort(architectures);
  }

  @Override
  public String name() {
    return "NVRTC " + major + "." + minor;
  }

  private static void check(int code, String what) {
    if (code != nvrtc.NVRTC_SUCCESS) {
      throw new EngramException(
          "NVRTC: %s failed: error %d, %s"
              .formatted(what, code, nvrtc.nvrtcGetErrorString(code).getString()));
    }
  }

  @Override
  public byte[] compile(String text, Card card) {
    return compile(text, architecture(card), List.of()).image;
  }

  /** Real for code, virtual for PTX. */
  String architecture(Card card) {
    int newest = architectures[architectures.length - 1];
    if (Arrays.binarySearch(architectures, card.architecture()) >= 0) {
      return "sm_" + card.architecture();
    }
    if (card.architecture() > newest) {
      return "compute_" + newest;
    }
    throw new EngramException(
        "%s has the compute capability %d.%d, for which %s makes no code, expected one of at least %.1f"
            .formatted(card.name(), card.major(), card.minor(), name(), architectures[0] / 10.0));
  }

  /**
   * Compiles for {@code architecture}, such as {@code sm_90} for code and {@code compute_90} for
   * PTX.
   *
   * @param more options beside those that {@code text} needs
   */
  public Made compile(String text, String architecture, List<String> more) {
    List<String> options = new ArrayList<>(CudaSource.OPTIONS);
    options.add("-arch=" + architecture);
    options.addAll(more);
    try (_nvrtcProgram program = new _nvrtcProgram();
        BytePointer source = new BytePointer(text, StandardCharsets.UTF_8);
        BytePointer name = new BytePointer("engram.cu", StandardCharsets.UTF_8);
        PointerPointer<BytePointer> none = new PointerPointer<>()) {
      check(
          nvrtc.nvrtcCreateProgram(program, source, name, 0, none, none),
          "the making of a program");
      try {
        int code = compiled(program, options);
        String log = log(program);
        if (code != nvrtc.NVRTC_SUCCESS) {
          throw new EngramException(
              "%s cannot compile what the CUDA backend has written, which is a fault of Engram: %s"
                  .formatted(name(), log));
        }
        return new Made(image(program, architecture), log);
      } finally {
        check(nvrtc.nvrtcDestroyProgram(program), "the end of a program");
      }
    }
  }

  private static int compiled(_nvrtcProgram program, List<String> options) {
    List<BytePointer> words =
        options.stream().map(o -> new BytePointer(o, StandardCharsets.UTF_8)).toList();
    try (PointerPointer<BytePointer> all = new PointerPointer<>(words.size())) {
      for (int i = 0; i < words.size(); i++) {
        all.put(i, words.get(i));
      }
      return nvrtc.nvrtcCompileProgram(program, words.size(), all);
    } finally {
      words.forEach(BytePointer::close);
    }
  }

  private static String log(_nvrtcProgram program) {
    byte[] text =
        bytes(
            size -> nvrtc.nvrtcGetProgramLogSize(program, size),
            to -> nvrtc.nvrtcGetProgramLog(program, to));
    return new String(text, StandardCharsets.UTF_8).replace("\0", "").strip();
  }

  private static byte[] image(_nvrtcProgram program, String architecture) {
    return architecture.startsWith("sm_")
        ? bytes(
            size -> nvrtc.nvrtcGetCUBINSize(program, size), to -> nvrtc.nvrtcGetCUBIN(program, to))
        : bytes(size -> nvrtc.nvrtcGetPTXSize(program, size), to -> nvrtc.nvrtcGetPTX(program, to));
  }

  private static byte[] bytes(ToIntFunction<SizeTPointer> size, ToIntFunction<byte[]> get) {
    try (SizeTPointer n = new SizeTPointer(1)) {
      check(size.applyAsInt(n), "the question for a size");
      byte[] to = new byte[Math.toIntExact(n.get())];
      check(get.applyAsInt(to), "the reading of what was made");
      return to;
    }
  }
}
