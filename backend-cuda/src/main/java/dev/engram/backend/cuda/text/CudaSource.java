package dev.engram.backend.cuda.text;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;

/**
 * The CUDA C of a loop program. It is to be compiled with {@link #OPTIONS}, without which the bits
 * are others.
 *
 * @param head what all kernels need; it includes nothing
 * @param functions the kernels' code, by their names
 * @param kernels in the order of the text form
 */
public record CudaSource(
    String head, SequencedMap<String, String> functions, List<CudaKernel> kernels) {
  /**
   * What a compiler of CUDA must be told: products and sums are rounded one by one, but where the
   * text asks for a fused multiply-add.
   */
  public static final List<String> OPTIONS = List.of("--fmad=false");

  /** Characters of the kernels of a unit, which some take more than. */
  private static final int UNIT = 12_000;

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
   * All of it in units, so that several processors can compile them, those that take longest first.
   * Each kernel, the longest first, goes where there is least so far.
   */
  public List<Unit> units() {
    int n = Math.clamp(length(functions.keySet()) / UNIT, 1, Math.max(1, functions.size()));
    List<List<String>> names = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      names.add(new ArrayList<>());
    }
    Comparator<String> longest = Comparator.comparing(f -> -length(List.of(f)));
    for (String name : functions.keySet().stream().sorted(longest).toList()) {
      Collections.min(names, Comparator.comparing(this::length)).add(name);
    }
    Comparator<List<String>> mostFirst = Comparator.comparing(unit -> -length(unit));
    return names.stream().sorted(mostFirst).map(this::unit).toList();
  }

  private int length(Collection<String> kernels) {
    return kernels.stream().mapToInt(k -> Objects.requireNonNull(functions.get(k)).length()).sum();
  }

  private Unit unit(List<String> names) {
    StringBuilder text = new StringBuilder(head);
    names.forEach(name -> text.append(functions.get(name)));
    return new Unit(text.toString(), names);
  }
}
