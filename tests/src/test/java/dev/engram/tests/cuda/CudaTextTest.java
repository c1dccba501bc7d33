package dev.engram.tests.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.backend.cuda.text.CudaKernel;
import dev.engram.backend.cuda.text.CudaSource;
import dev.engram.backend.cuda.text.CudaText;
import dev.engram.backend.cuda.text.RowExactness;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.ir.DType;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.Rows;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringException;
import dev.engram.lower.inspect.FusionReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What a reader of the text sees. It needs no compiler. */
class CudaTextTest {
  private static TensorType f32(Integer... dims) {
    return new TensorType(DType.F32, Shape.of(List.of(dims)));
  }

  private static CudaSource source(Function<List<Tensor>, Tensor> f, TensorType... types) {
    return CudaText.of(Texts.of(f, List.of(types)), TextOptions.standard());
  }

  /** Without what every text begins with. */
  private static String own(CudaSource s) {
    return s.text().replace(CudaText.prelude(), "");
  }

  @Test
  void aKernelIsReadLikeTheNest() {
    CudaSource s = source(x -> x.getFirst().mul(2).add(x.getLast()), f32(4, 100), f32(100));
    assertEquals(
        """
        // @f; compile with --fmad=false


        // mul+add [4 x 100]  CudaTextTest.java:LINE
        KERNEL(256) k0_mul_add(
            READ(float) x0,
            READ(float) x1,
            WRITE(float) y0) {
          for (int g = blockIdx.x * (int)blockDim.x + threadIdx.x; g < 400; g += gridDim.x * (int)blockDim.x) {
            int i0 = g / 100;
            int i1 = g % 100;
            float v0 = x0[100 * i0 + i1];
            float v2 = v0 * 2.0f;
            float v3 = x1[i1];
            float v4 = v2 + v3;
            y0[100 * i0 + i1] = v4;
          }
        }

        """,
        own(s).replaceAll("java:\\d+", "java:LINE"));
    assertEquals(
        List.of(
            new CudaKernel(
                s.kernels().getFirst().steps(),
                "k0_mul_add",
                List.of(0, 1, 2),
                List.of(),
                false,
                0,
                List.of(),
                false,
                256,
                2,
                0)),
        s.kernels());
  }

  /** Nests that differ only in buffers share a function, and each says what it computes. */
  @Test
  void equalNestsHaveOneFunction() {
    LoopProgram p =
        Texts.of(
            x -> x.getFirst().matmul(x.getLast()).matmul(x.getLast()).matmul(x.getLast()),
            List.of(f32(8, 8), f32(8, 8)));
    CudaSource s = CudaText.of(p, TextOptions.standard().withoutCooperation());
    assertEquals(FusionReport.of(p).rows().size(), s.kernels().size());
    List<CudaKernel> products =
        s.kernels().stream().filter(k -> k.function().contains("dot")).toList();
    assertEquals(3, products.size());
    assertEquals(1, products.stream().map(CudaKernel::function).distinct().count());
    assertEquals(3, products.stream().map(CudaKernel::buffers).distinct().count());
  }

  /** Each unit has all that its kernels need, and each kernel is in one. */
  @Test
  void unitsShareTheKernels() {
    LoopProgram p =
        Texts.of(
            x -> {
              Tensor all = x.getFirst();
              for (int n = 2; n < 32; n++) {
                all = all.add(x.getFirst().slice(0, 0, n).sort(0).slice(0, 0, 1));
              }
              return all;
            },
            List.of(f32(64)));
    CudaSource s = CudaText.of(p, TextOptions.standard().withoutCooperation());
    List<CudaSource.Unit> units = s.units();
    assertTrue(units.size() > 2, "units: " + units.size());
    int most = s.functions().values().stream().mapToInt(String::length).max().orElseThrow();
    int all = s.text().length() - s.head().length();
    assertEquals(
        s.functions().keySet(),
        units.stream().flatMap(u -> u.functions().stream()).collect(Collectors.toSet()));
    for (CudaSource.Unit u : units) {
      int length = u.text().length() - s.head().length();
      assertTrue(length <= all / units.size() + most, "a unit of " + length + " of " + all);
      assertTrue(u.text().startsWith(s.head()));
      for (String f : s.functions().keySet()) {
        assertEquals(u.functions().contains(f), u.text().contains(") " + f + "("), f);
      }
    }
    assertEquals(
        s.text().length() - s.head().length(),
        units.stream().mapToInt(u -> u.text().length() - s.head().length()).sum());
  }

  /** Where 32 bits do not do. */
  @Test
  void indicesAreWideWhereTheyMustBe() {
    String narrow = own(source(x -> x.getFirst().mul(2), f32(64, 32)));
    assertTrue(narrow.contains("int i0 = g;"), narrow);
    Function<List<Tensor>, Tensor> f = x -> x.getFirst().broadcastTo(Shape.of(1 << 16, 1 << 15));
    String wide = own(source(f, f32(1 << 15)));
    assertTrue(wide.contains("i64 i"), wide);
    assertFalse(wide.contains("int i0"), wide);
  }

  @Test
  void everyFunctionComesBeforeItsUse() {
    String text = own(source(x -> x.getFirst().tanh().add(x.getFirst().sin()), f32(4)));
    int defined = text.indexOf("float tanh_f32(float a) {");
    assertTrue(defined >= 0 && defined < text.indexOf("tanh_f32(v"), text);
    assertTrue(text.contains("__device__ float sin_f32(float a) {"), text);
    assertFalse(text.contains("eg_digamma"), text);
    assertTrue(
        source(x -> x.getFirst().digamma(), f32(4)).text().contains("double eg_digamma(double x)"));
  }

  @Test
  void aRowOfAnAuthorNeedsAnExpansion() {
    ElementwiseRow row =
        ElementwiseRow.of(
            "cube",
            1,
            (a, b, c) -> a * a * a,
            new ElementwiseRow.Domain(-1, 1),
            List.of((x, y) -> x.getFirst().square().mul(3)));
    Function<List<Tensor>, Tensor> f =
        x -> Tensor.apply(new Elementwise(row), List.of(x.getFirst())).getFirst();
    String text = assertThrows(LoweringException.class, () -> source(f, f32(4))).getMessage();
    assertTrue(
        text.matches(
            "there is no CUDA code for the row cube \\(CudaTextTest\\.java:\\d+\\);"
                + " give it an expansion into rows that have some"),
        text);
    ElementwiseRow known = row.withExpansion(x -> x.getFirst().square().mul(x.getFirst()));
    String code =
        own(
            source(
                x -> Tensor.apply(new Elementwise(known), List.of(x.getFirst())).getFirst(),
                f32(4)));
    assertTrue(
        code.contains(
            """
            __device__ float row0_cube_f32(float a) {
              float e1 = a * a;
              float e2 = e1 * a;
              return e2;
            }
            """),
        code);
    assertTrue(code.contains("= row0_cube_f32(v0);"), code);
  }

  @Test
  void optionsThatMakeNoSenseAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new TextOptions(48, 4, 2, 3, 1, 1, true));
    assertThrows(IllegalArgumentException.class, () -> new TextOptions(64, 64, 2, 3, 1, 1, true));
    assertThrows(IllegalArgumentException.class, () -> new TextOptions(64, 4, 0, 3, 1, 1, true));
  }

  @Test
  void theDocumentListsTheFunctionsOfTheLibrary() throws IOException {
    String inBoth = rows(r -> differs(r, DType.F32) && differs(r, DType.F64));
    String inF64 = rows(r -> !differs(r, DType.F32) && differs(r, DType.F64));
    String text =
        Files.readString(Path.of(System.getProperty("engram.root"), "docs", "CUDA.md"))
            .replaceAll("\\s+", " ");
    String sentence =
        "last places: " + inBoth + (inF64.isEmpty() ? "." : "; and in f64 " + inF64 + ".");
    assertTrue(text.contains(sentence), sentence);
  }

  private static boolean differs(ElementwiseRow row, DType dtype) {
    return row.signature().accepts(dtype) && !RowExactness.of(row, dtype);
  }

  private static String rows(Predicate<ElementwiseRow> which) {
    return Rows.all().stream()
        .filter(which)
        .map(ElementwiseRow::name)
        .sorted()
        .map(name -> "`" + name + "`")
        .collect(Collectors.joining(", "));
  }
}
