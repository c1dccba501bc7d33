package dev.engram.cli.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.lower.Backend;
import dev.engram.lower.FoundBackends;
import dev.engram.lower.interpret.LoopInterpreter;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Only what is missing and needed is asked for. */
class JvmFlagTest {
  private static List<String> missing(Collection<Backend> backends, ModuleLayer boot) {
    return JvmFlag.missing(backends, boot).stream().map(JvmFlag::flag).toList();
  }

  @Test
  void vectorsAreForTheCpu() {
    Collection<Backend> found =
        FoundBackends.of(JvmFlagTest.class.getClassLoader()).byName().values();
    assertEquals(
        List.of("--add-modules=jdk.incubator.vector"), missing(found, ModuleLayer.empty()));
    assertEquals(List.of(), missing(found, ModuleLayer.boot()));
    assertEquals(List.of(), missing(List.of(new LoopInterpreter()), ModuleLayer.empty()));
  }

  @Test
  void nativeAccessIsForModulesThatLackIt() {
    ModuleLayer boot = ModuleLayer.boot();
    Module logging = boot.findModule("java.logging").orElseThrow();
    Module xml = boot.findModule("java.xml").orElseThrow();
    Module base = boot.findModule("java.base").orElseThrow(); // has it always
    assertEquals(
        Optional.of("--enable-native-access=java.logging,java.xml"),
        JvmFlag.nativeAccess(Stream.of(logging, base, xml, logging)).map(JvmFlag::flag));
    assertEquals(Optional.empty(), JvmFlag.nativeAccess(Stream.of(base)));
  }
}
