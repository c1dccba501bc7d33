package dev.engram.tests.ops;

import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.op.ConvWindows;
import dev.engram.ir.op.Index;
import dev.engram.linalg.Linalg;
import dev.engram.loss.Losses;
import dev.engram.nn.Activations;
import dev.engram.nn.Pooling;
import dev.engram.sparse.Coo;
import dev.engram.sparse.Csr;
import dev.engram.sparse.EventProduct;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The Engram version of each case of {@code ops/jax.safetensors}. */
final class JaxCases {
  private final Map<String, Function<List<Tensor>, Tensor>> cases = new LinkedHashMap<>();

  private JaxCases() {}

  static Map<String, Function<List<Tensor>, Tensor>> all() {
    JaxCases c = new JaxCases();
    c.convolution();
    c.pooling();
    c.contraction();
    c.moves();
    c.indexing();
    c.sorting();
    c.linearAlgebra();
    c.sparse();
    c.losses();
    c.grids();
    c.activations();
    return c.cases;
  }

  private void add(String name, Function<List<Tensor>, Tensor> f) {
    cases.put(name, f);
  }

  private void conv(String name, ConvWindows windows, int groups) {
    add(name, x -> x.get(0).conv(x.get(1), windows, groups));
  }

  private void convolution() {
    conv("conv1d", ConvWindows.valid(), 1);
    conv("conv1dSame", ConvWindows.same().stride(2), 1);
    ConvWindows uneven =
        ConvWindows.valid()
            .stride(2)
            .dilation(2)
            .padding(new ConvWindows.Padding.Around(List.of(3), List.of(1)));
    conv("conv1dDilated", uneven, 1);
    conv("conv2d", ConvWindows.valid(), 1);
    conv("conv2dSame", ConvWindows.same().stride(2, 1), 1);
    conv("conv2dPadded", ConvWindows.padded(1, 2).stride(2).dilation(1, 2), 1);
    conv("conv2dPointwise", ConvWindows.valid(), 1);
    conv("conv2dGroups", ConvWindows.same(), 2);
    conv("conv2dDepthwise", ConvWindows.same().stride(2), 3);
    conv("conv3d", ConvWindows.same().stride(1, 2, 1), 1);
    transposed("convTranspose1dSame", ConvWindows.same().stride(2));
    transposed("convTranspose1dWide", ConvWindows.valid().stride(4));
    transposed("convTranspose2d", ConvWindows.valid().stride(2));
    transposed("convTranspose2dDilated", ConvWindows.same().stride(2).dilation(2));
  }

  private void transposed(String name, ConvWindows windows) {
    add(name, x -> x.get(0).convTranspose(x.get(1), windows));
  }

  private void pooling() {
    add("maxPool1d", x -> x.get(0).maxPool(new int[] {3}, ConvWindows.valid().stride(2)));
    add("maxPool2dSame", x -> x.get(0).maxPool(new int[] {3, 2}, ConvWindows.same().stride(2)));
    add("sumPool2d", x -> x.get(0).sumPool(new int[] {2, 3}, ConvWindows.same().stride(1, 2)));
    add("avgPool2d", x -> x.get(0).avgPool(new int[] {2, 2}, ConvWindows.valid().stride(2)));
    add("adaptiveAverage", x -> Pooling.adaptiveAverage(3).update(x.get(0)));
    add("adaptiveMax", x -> Pooling.adaptiveMax(4).update(x.get(0)));
    add(
        "avgPool3dSame",
        x -> x.get(0).avgPool(new int[] {2, 3, 2}, ConvWindows.same().stride(1, 2, 2)));
  }

  private void einsum(String name, String spec) {
    add(name, x -> Tensor.einsum(spec, x.toArray(Tensor[]::new)));
  }

  private void contraction() {
    einsum("einsumMatmul", "ij,jk->ik");
    einsum("einsumImplicit", "ba,cb");
    einsum("einsumTrace", "ii");
    einsum("einsumDiagonal", "iji->ji");
    einsum("einsumThrice", "iii->i");
    einsum("einsumSum", "ijk->k");
    einsum("einsumTransposed", "ijk->kij");
    einsum("einsumBatch", "bij,bjk->bik");
    einsum("einsumThree", "ij, jk, kl -> il");
    einsum("einsumShared", "i,i,i->i");
    einsum("einsumOuter", "i,j->ji");
    einsum("einsumEllipsis", "...ij,...jk->...ik");
    einsum("einsumEllipsisSum", "a...,a...->...");
    einsum("einsumBilinear", "bn,anm,bm->ba");
    einsum("einsumAttention", "bqhd,bkhd->bhqk");
    add("tensordot", x -> x.get(0).tensordot(x.get(1), new int[] {0, 2}, new int[] {1, 0}));
    add("matmulBroadcast", x -> x.get(0).matmul(x.get(1)));
  }

  private void moves() {
    add("sliceStrided", x -> x.get(0).slice(1, 1, 8, 3));
    add("padEdge", x -> x.get(0).padEdge(List.of(2, 0), List.of(1, 3)));
    add("padReflect", x -> x.get(0).padReflect(List.of(2, 0), List.of(1, 3)));
    add("roll", x -> x.get(0).roll(1, 5));
    add("rollBack", x -> x.get(0).roll(0, -2));
    add("tile", x -> x.get(0).tile(2, 3));
    add("repeat", x -> x.get(0).repeat(1, 3));
    add("stack", x -> Tensor.stack(1, x));
    add("splitAt", x -> x.get(0).splitAt(1, 1, 4).get(1));
    add("swapAxes", x -> x.get(0).swapAxes(0, -1));
    add("moveAxis", x -> x.get(0).moveAxis(0, -1));
    add("diagonal", x -> x.get(0).diagonal(1, 0, 2));
    add("diagonalBelow", x -> x.get(0).diagonal(-2, 2, 0));
    add("diagonalNone", x -> x.get(0).diagonal(5, 0, 1));
    add("diag", x -> x.get(0).diag(-2));
    add("tril", x -> x.get(0).tril(1));
    add("triu", x -> x.get(0).triu(-1));
  }

  private void indexing() {
    add("take", x -> x.get(0).take(x.get(1), 1));
    add("takeAlongAxis", x -> x.get(0).takeAlongAxis(x.get(1), 1));
    add("takeAlongFirst", x -> x.get(0).takeAlongAxis(x.get(1), 0));
    add("addAt", x -> x.get(0).addAt(1, x.get(1), x.get(2)));
    add("addAtOne", x -> x.get(0).addAt(0, x.get(1), x.get(2)));
    add("setAt", x -> x.get(0).setAt(0, x.get(1), x.get(2)));
    add("maxAt", x -> x.get(0).maxAt(0, x.get(1), x.get(2)));
    add("addAlongAxis", x -> x.get(0).scatterAlongAxis(Index.Combine.ADD, 1, x.get(1), x.get(2)));
    add("dynamicSlice", x -> x.get(0).dynamicSlice(new int[] {2, 3}, x.get(1), x.get(1).sub(1)));
    add("dynamicUpdate", x -> x.get(0).dynamicUpdate(x.get(1), x.get(2), x.get(2).sub(1)));
    add("getDynamic", x -> x.get(0).get(x.get(1)));
    add("oneHot", x -> x.get(0).oneHot(4, DType.F64));
  }

  private void sorting() {
    add("sort", x -> x.get(0).sort(1));
    add("sortDown", x -> x.get(0).sort(0, true));
    add("sortNan", x -> x.get(0).sort(-1));
    add("argSort", x -> x.get(0).argSort(1, false));
    add("argSortDown", x -> x.get(0).argSort(0, true));
    add("topKValues", x -> x.get(0).topK(3, -1).values());
    add("topKIndices", x -> x.get(0).topK(3, -1).indices());
    add("searchSorted", x -> x.get(0).searchSorted(x.get(1), false));
    add("searchSortedRight", x -> x.get(0).searchSorted(x.get(1), true));
  }

  private void linearAlgebra() {
    add("cholesky", x -> Linalg.cholesky(x.get(0)));
    add("choleskyBatch", x -> Linalg.cholesky(x.get(0)));
    add("solveLower", x -> Linalg.solveTriangular(x.get(0), x.get(1), true));
    add("solveUpper", x -> Linalg.solveTriangular(x.get(0), x.get(1), false));
    add("solve", x -> Linalg.solve(x.get(0), x.get(1)));
    add("solvePositive", x -> Linalg.solvePositive(x.get(0), x.get(1)));
    add("inverse", x -> Linalg.inverse(x.get(0)));
    add("det", x -> Linalg.det(x.get(0)));
    add("signDet", x -> Linalg.signAndLogDet(x.get(0)).get(0));
    add("logDet", x -> Linalg.signAndLogDet(x.get(0)).get(1));
    add("luPermutation", x -> Linalg.lu(x.get(0)).factors());
    add("qrQ", x -> Linalg.qr(x.get(0)).q());
    add("qrR", x -> Linalg.qr(x.get(0)).r());
    add("qrSquareR", x -> Linalg.qr(x.get(0)).r());
  }

  private void sparse() {
    add("cooMatrix", x -> new Coo(x.get(0), x.get(1), x.get(2), 4, 5).matmul(x.get(3)));
    add("cooVector", x -> new Coo(x.get(0), x.get(1), x.get(2), 4, 5).matmul(x.get(3)));
    add("eventProduct", x -> EventProduct.of(x.get(0), x.get(1), x.get(2), 4));
    add("csrMatrix", x -> new Csr(x.get(0), x.get(1), x.get(2), 5).matmul(x.get(3)));
  }

  private void losses() {
    add("crossEntropySmoothed", x -> Losses.softmaxCrossEntropySmoothed(x.get(0), x.get(1), 0.1));
    add("negativeLogLikelihood", x -> Losses.negativeLogLikelihood(x.get(0), x.get(1)));
    add("klDivergence", x -> Losses.klDivergence(x.get(0), x.get(1)));
    add("softmaxFocal", x -> Losses.softmaxFocal(x.get(0), x.get(1), 1.5));
    add("binaryFocal", x -> Losses.binaryFocal(x.get(0), x.get(1), 2));
    add("binaryFocalAlpha", x -> Losses.binaryFocal(x.get(0), x.get(1), 0.5, 0.3));
    add("hinge", x -> Losses.hinge(x.get(0), x.get(1)));
    add("squaredHinge", x -> Losses.squaredHinge(x.get(0), x.get(1)));
    add("multiclassHinge", x -> Losses.multiclassHinge(x.get(0), x.get(1)));
    add("logCosh", x -> Losses.logCosh(x.get(0), x.get(1)));
    add("poissonLikelihood", x -> Losses.poissonNegativeLogLikelihood(x.get(0), x.get(1)));
    add(
        "gaussianLikelihood",
        x -> Losses.gaussianNegativeLogLikelihood(x.get(0), x.get(1), x.get(2)));
    add("tripletMargin", x -> Losses.tripletMargin(x.get(0), x.get(1), x.get(2), 0.7));
    add("cosineEmbedding", x -> Losses.cosineEmbedding(x.get(0), x.get(1), x.get(2), 0.1));
    add("marginRanking", x -> Losses.marginRanking(x.get(0), x.get(1), 0.5));
    add("ctc", x -> Losses.ctc(x.get(0), x.get(1), x.get(2), x.get(3)));
  }

  private void grids() {
    add("arange", x -> x.get(0).mul(Tensor.arange(x.get(0).dtype(), -1, 2.3, 0.3)));
    add("arangeDown", x -> x.get(0).mul(Tensor.arange(x.get(0).dtype(), 7, -3, -2)));
    add("linspace", x -> x.get(0).mul(Tensor.linspace(x.get(0).dtype(), -1, 3, 7)));
    add("meshgrid", x -> Tensor.stack(0, Tensor.meshgrid(x.toArray(Tensor[]::new))));
  }

  private void activations() {
    add("standardize", x -> Activations.standardize(x.get(0)));
    add("celu", x -> Activations.celu(x.get(0), 0.7));
    add("geluExact", x -> Activations.geluExact(x.get(0)));
    add("hardSwish", x -> Activations.hardSwish(x.get(0)));
    add("softShrink", x -> Activations.softShrink(x.get(0), 0.5));
    add("hardShrink", x -> Activations.hardShrink(x.get(0), 0.5));
    add("tanhShrink", x -> Activations.tanhShrink(x.get(0)));
    add("squareplus", x -> Activations.squareplus(x.get(0), 4));
    add("sparsePlus", x -> Activations.sparsePlus(x.get(0)));
    add("sparseSigmoid", x -> Activations.sparseSigmoid(x.get(0)));
    add("softmin", x -> Activations.softmin(x.get(0), 0));
  }
}
