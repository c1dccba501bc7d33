package dev.engram.lower.profile;

import dev.engram.ir.checks.Given;
import java.util.function.Supplier;
import jdk.jfr.FlightRecorder;

/** Stages of a compilation, each an event {@code dev.engram.Compile} of the Flight Recorder. */
public enum CompileStage {
  /** The passes on the graph. */
  SIMPLIFY("simplify"),

  /** From the graph to loops with planned memory. */
  LOWER("lower"),

  /** From loops to the code of a backend. */
  CODE("code");

  private final String word;

  CompileStage(String word) {
    this.word = word;
  }

  /** Does {@code work} for this program, as an event where someone records. */
  public <T> T of(String program, Supplier<T> work) {
    Given.given("CompileStage.of", "program", program);
    Given.given("CompileStage.of", "work", work);
    // The class of an event costs milliseconds to load, so it is loaded for recordings alone.
    return FlightRecorder.isInitialized() ? recorded(program, work) : work.get();
  }

  private <T> T recorded(String program, Supplier<T> work) {
    CompileEvent event = new CompileEvent();
    event.begin();
    T result = work.get();
    event.program = program;
    event.stage = word;
    event.commit();
    return result;
  }
}
