package dev.engram.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.EngramException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the system properties of the backend mean. */
class CudaOptionsTest {
  private static CudaOptions of(Map<String, String> properties, Map<String, String> environment) {
    return CudaOptions.of(
        name -> properties.getOrDefault(name, name.startsWith("user") ? "/of/user" : ""),
        name -> environment.getOrDefault(name, ""));
  }

  private static CudaOptions memory(String text) {
    return of(Map.of("engram.cuda.memory", text), Map.of());
  }

  @ParameterizedTest
  @CsvSource({
    "'', 1001",
    "100%, 1001",
    "50%, 500",
    "1%, 10",
    "700, 700",
    "700B, 700",
    "3kB, 3000",
    "8MB, 8000000",
    "8MiB, 8388608",
    "2GiB, 2147483648",
    "1TB, 1000000000000"
  })
  void memoryIsAShareOrAnAmount(String text, long bytes) {
    assertEquals(bytes, memory(text).memory().of(1001));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0", "0%", "101%", "-1", "much", "8 GiB", "8G", "1.5GB", "99999999999999999TB"})
  void otherMemoryIsRefused(String text) {
    String message = assertThrows(EngramException.class, () -> memory(text)).getMessage();
    assertEquals(
        "engram.cuda.memory is '" + text + "', expected a share or an amount, such as 50% or 8GiB",
        message);
  }

  @Test
  void kernelsAreOfOneKind() {
    assertEquals(CudaOptions.Kernels.SHARES, of(Map.of(), Map.of()).kernels());
    assertEquals(
        CudaOptions.Kernels.STEPS, of(Map.of("engram.cuda.kernels", "steps"), Map.of()).kernels());
    assertEquals(
        CudaOptions.Kernels.NESTS, of(Map.of("engram.cuda.kernels", "Nests"), Map.of()).kernels());
    assertEquals(
        "engram.cuda.kernels is 'few', expected shares, steps or nests",
        assertThrows(
                EngramException.class, () -> of(Map.of("engram.cuda.kernels", "few"), Map.of()))
            .getMessage());
  }

  @Test
  void kernelsAreWaitedForWhereThatIsWanted() {
    assertFalse(of(Map.of(), Map.of()).sync());
    assertTrue(of(Map.of("engram.cuda.sync", "TRUE"), Map.of()).sync());
    assertThrows(
        EngramException.class, () -> of(Map.of("engram.cuda.sync", "maybe"), Map.of()).sync());
  }

  @Test
  void kernelsAreKeptWhereUsersKeepSuchThings() {
    assertEquals(Path.of("/of/user/.cache/engram/cuda"), of(Map.of(), Map.of()).cache());
    assertEquals(
        Path.of("/caches/engram/cuda"), of(Map.of(), Map.of("XDG_CACHE_HOME", "/caches")).cache());
    assertEquals(
        Path.of("/of/user/.cache/engram/cuda"),
        of(Map.of(), Map.of("XDG_CACHE_HOME", "caches")).cache());
    assertEquals(Path.of("here"), of(Map.of("engram.cuda.cache", " here "), Map.of()).cache());
  }
}
