package dev.engram.tests.ops;

import dev.engram.ir.Tensor;
import dev.engram.ir.Windows;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What each case of {@code ops/jax.safetensors} is in Engram. */
final class JaxCases {
  private final Map<String, Function<List<Tensor>, Tensor>> cases = new LinkedHashMap<>();

  private JaxCases() {}

  static Map<String, Function<List<Tensor>, Tensor>> all() {
    JaxCases c = new JaxCases();
    c.convolution();
    c.pooling();
    return c.cases;
  }

  private void add(String name, Function<List<Tensor>, Tensor> f) {
    cases.put(name, f);
  }

  private void conv(String name, Windows windows, int groups) {
    add(name, x -> x.get(0).conv(x.get(1), windows, groups));
  }

  private void convolution() {
    conv("conv1d", Windows.valid(), 1);
    conv("conv1dSame", Windows.same().stride(2), 1);
    Windows uneven =
        Windows.valid()
            .stride(2)
            .dilation(2)
            .padding(new Windows.Padding.Around(List.of(3), List.of(1)));
    conv("conv1dDilated", uneven, 1);
    conv("conv2d", Windows.valid(), 1);
    conv("conv2dSame", Windows.same().stride(2, 1), 1);
    conv("conv2dPadded", Windows.padded(1, 2).stride(2).dilation(1, 2), 1);
    conv("conv2dPointwise", Windows.valid(), 1);
    conv("conv2dGroups", Windows.same(), 2);
    conv("conv2dDepthwise", Windows.same().stride(2), 3);
    conv("conv3d", Windows.same().stride(1, 2, 1), 1);
    transposed("convTranspose1dSame", Windows.same().stride(2));
    transposed("convTranspose1dWide", Windows.valid().stride(4));
    transposed("convTranspose2d", Windows.valid().stride(2));
    transposed("convTranspose2dDilated", Windows.same().stride(2).dilation(2));
  }

  private void transposed(String name, Windows windows) {
    add(name, x -> x.get(0).convTranspose(x.get(1), windows));
  }

  private void pooling() {
    add("maxPool1d", x -> x.get(0).maxPool(new int[] {3}, Windows.valid().stride(2)));
    add("maxPool2dSame", x -> x.get(0).maxPool(new int[] {3, 2}, Windows.same().stride(2)));
    add("sumPool2d", x -> x.get(0).sumPool(new int[] {2, 3}, Windows.same().stride(1, 2)));
    add("avgPool2d", x -> x.get(0).avgPool(new int[] {2, 2}, Windows.valid().stride(2)));
    add(
        "avgPool3dSame",
        x -> x.get(0).avgPool(new int[] {2, 3, 2}, Windows.same().stride(1, 2, 2)));
  }
}
