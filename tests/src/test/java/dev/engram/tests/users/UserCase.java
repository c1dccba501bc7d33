package dev.engram.tests.users;

import dev.engram.ir.DType;
import dev.engram.ir.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What one user does, as drawn from a seed.
 *
 * @param states how many there are, all of one type
 * @param shared whether the first two begin with one tensor
 * @param functions what the user compiles
 */
record UserCase(
    long seed,
    TensorType type,
    int states,
    boolean shared,
    List<Function> functions,
    List<Deed> deeds) {
  private static final List<DType> DTYPES =
      List.of(
          DType.F32,
          DType.F32,
          DType.F64,
          DType.F64,
          DType.I32,
          DType.I64,
          DType.I8,
          DType.I16,
          DType.F16,
          DType.BF16);

  private static final int[][] SHAPES = {
    {1}, {3}, {17}, {70}, {4, 4}, {5, 3}, {8, 8}, {3, 2, 4}, {1, 9}, {300}
  };

  /**
   * A function of one tensor.
   *
   * @param donates whether its argument is donated
   */
  record Function(List<Line> lines, boolean donates) {}

  /** A user with tensors so large that the memory of closed ones is used again. */
  static UserCase large(long seed) {
    return draw(seed, new SplittableRandom(seed), TensorType.of(DType.F32, 520, 513), 12);
  }

  static UserCase draw(long seed) {
    SplittableRandom r = new SplittableRandom(seed);
    DType dtype = DTYPES.get(r.nextInt(DTYPES.size()));
    return draw(seed, r, TensorType.of(dtype, SHAPES[r.nextInt(SHAPES.length)]), 40);
  }

  private static UserCase draw(long seed, SplittableRandom r, TensorType type, int most) {
    int states = r.nextInt(1, 5);
    List<Function> functions = new ArrayList<>();
    int n = r.nextInt(1, 5);
    for (int i = 0; i < n; i++) {
      functions.add(new Function(lines(r, states), r.nextInt(4) == 0));
    }
    List<Deed> deeds = new ArrayList<>();
    int length = r.nextInt(5, most);
    for (int i = 0; i < length; i++) {
      deeds.add(new Deed(kind(r), r.nextInt(1 << 20), r.nextInt(1 << 20), r.nextInt(1 << 20)));
    }
    return new UserCase(seed, type, states, r.nextInt(4) == 0, functions, deeds);
  }

  // Calls are more frequent than anything else: only after two of them is a state the library's.
  private static Deed.Kind kind(SplittableRandom r) {
    Deed.Kind[] all = Deed.Kind.values();
    return switch (r.nextInt(10)) {
      case 0, 1, 2 -> Deed.Kind.CALL;
      case 3, 4 -> Deed.Kind.CALLS;
      default -> all[r.nextInt(all.length)];
    };
  }

  private static List<Line> lines(SplittableRandom r, int states) {
    List<Line> lines = new ArrayList<>();
    Line.Kind[] kinds = Line.Kind.values();
    int n = r.nextInt(1, 6);
    for (int i = 0; i < n; i++) {
      Line.Kind kind = kinds[r.nextInt(kinds.length)];
      lines.add(new Line(kind, r.nextInt(states), r.nextInt(states), r.nextInt(-4, 5)));
    }
    return lines;
  }

  UserCase with(List<Deed> fewer) {
    return new UserCase(seed, type, states, shared, functions, fewer);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    out.append(
        "seed %d: %d states of type %s%s%n"
            .formatted(seed, states, type, shared ? ", two with one tensor" : ""));
    for (int i = 0; i < functions.size(); i++) {
      out.append(
          "  function %d%s: %s%n"
              .formatted(i, functions.get(i).donates ? " (donates)" : "", functions.get(i).lines));
    }
    deeds.forEach(d -> out.append("  ").append(d).append(System.lineSeparator()));
    return out.toString();
  }
}
