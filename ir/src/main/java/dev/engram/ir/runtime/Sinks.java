package dev.engram.ir.runtime;

import java.util.function.Consumer;

/** Where printed lines go: for the running thread what was asked for, else the standard output. */
public final class Sinks {
  private static final ScopedValue<Consumer<String>> SINK = ScopedValue.newInstance();

  private Sinks() {}

  public static Consumer<String> current() {
    return SINK.orElse(System.out::println);
  }

  public static void with(Consumer<String> sink, Runnable body) {
    ScopedValue.where(SINK, sink).run(body);
  }
}
