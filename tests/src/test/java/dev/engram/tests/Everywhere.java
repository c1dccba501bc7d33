package dev.engram.tests;

import dev.engram.Compiler;
import java.util.List;
import java.util.stream.Stream;

/** What can run programs here. */
public final class Everywhere {
  private Everywhere() {}

  /** The names of all devices, and the interpreter, for compilers. */
  public static List<String> names() {
    return Stream.concat(Compiler.devices().stream(), Stream.of("interpreter")).toList();
  }
}
