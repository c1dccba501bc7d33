package dev.engram.backend.cuda.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * The CUDA C of a loop program. It is to be compiled with {@link #OPTIONS}, without which the bits
 * are others.
 *
 * @param head what all kernels need; it includes nothing
 * @param functions the kernels' code, by their names
 * @param kernels one for each divided loop, and each nest and sort outside of those, in the order
 *     of the text form
 */
public record CudaSource(
    String head, SequencedMap<String, String> functions, List<CudaKernel> kernels) {
  /**
   * What a compiler of CUDA must be told: products and sums are rounded one by one, but where the
   * text asks for a fused multiply-add.
   */
  public static final List<String> OPTIONS = List.of("--fmad=false");

  private static final int UNIT = 12;

  public CudaSource {
    functions = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(functions));
    kernels = List.copyOf(kernels);
  }

  /**
   * A translation unit.
   *
   * @param functions the names of its kernels
   */
  public record Unit(String text, List<String> functions) {
    public Unit {
      functions = List.copyOf(functions);
    }
  }

  /** All of it as one translation unit. */
  public String text() {
    return unit(new ArrayList<>(functions.sequencedKeySet())).text;
  }

  /**
   * All of it in units of a dozen kernels, so that several processors can compile them. They depend
   * on nothing else, and those that take long, which often follow each other, are dealt out.
   */
  public List<Unit> units() {
    int n = Math.max(1, Math.ceilDiv(functions.size(), UNIT));
    List<List<String>> names = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      names.add(new ArrayList<>());
    }
    int next = 0;
    for (String name : functions.keySet()) {
      names.get(next++ % n).add(name);
    }
    return names.stream().map(this::unit).toList();
  }

  private Unit unit(List<String> names) {
    StringBuilder text = new StringBuilder(head);
    names.forEach(name -> text.append(functions.get(name)));
    return new Unit(text.toString(), names);
  }
}
