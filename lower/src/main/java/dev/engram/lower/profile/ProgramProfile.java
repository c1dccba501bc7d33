package dev.engram.lower.profile;

import dev.engram.ir.checks.Given;
import dev.engram.lower.LoopProgram;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Counts what the runs of a compiled program do while the JDK Flight Recorder records {@code
 * dev.engram.Run}, {@code dev.engram.Program} or {@code dev.engram.Nest}. A backend asks {@link
 * #isRecording} before a run; when it is true, the run goes between {@link #begin} and {@link
 * RunCounts#close}, and each call of a nest between {@link RunCounts#start} and {@link
 * RunCounts#end}. Thread-safe.
 */
public final class ProgramProfile {
  private final String backend;
  private final LoopProgram program;
  private volatile @Nullable ProgramCounts counts;

  /**
   * Makes the profile of a program, which costs nothing before someone records.
   *
   * @param backend name of the backend that has compiled it
   */
  public ProgramProfile(String backend, LoopProgram program) {
    this.backend = Given.given("ProgramProfile", "backend", backend);
    this.program = Given.given("ProgramProfile", "program", program);
  }

  /** True while someone records. */
  public static boolean isRecording() {
    // The classes of events cost milliseconds to load, so they are loaded for recordings alone.
    return FlightRecorder.isInitialized() && Recorder.isOn();
  }

  /** Begins a run of the calling thread; close what it returns at the end of the run. */
  public RunCounts begin() {
    ProgramCounts c = counts;
    if (c == null) {
      c = first();
    }
    return c.begin();
  }

  private synchronized ProgramCounts first() {
    ProgramCounts c = counts;
    if (c == null) {
      c = new ProgramCounts(ProgramFacts.of(backend, program));
      counts = c;
    }
    return c;
  }
}
