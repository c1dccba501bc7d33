package dev.engram.lower.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.lower.LoopProgram;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that begin and end at the moment when they are asked for. */
class ActiveProgramsTest {
  private static final int RUNS = 300_000;

  @TempDir Path folder;

  @Test
  void noRunIsForgotten() throws Exception {
    ProgramProfile profile =
        new ProgramProfile(
            "test", new LoopProgram("brief", List.of(), List.of(), List.of(), List.of(), 0));
    AtomicBoolean done = new AtomicBoolean();
    Thread asks =
        new Thread(
            () -> {
              while (!done.get()) {
                ActivePrograms.emit();
              }
            });
    Path file = folder.resolve("r.jfr");
    try (Recording r = new Recording()) {
      r.enable("dev.engram.Nest");
      r.enable("dev.engram.Program");
      r.disable("dev.engram.Run");
      r.start();
      assertTrue(ProgramProfile.isRecording());
      asks.start();
      for (int i = 0; i < RUNS; i++) {
        profile.begin().close();
      }
      done.set(true);
      asks.join();
      r.stop();
      r.dump(file);
    }
    long runs = 0;
    int events = 0;
    for (RecordedEvent e : RecordingFile.readAllEvents(file)) {
      if (e.getEventType().getName().equals("dev.engram.Program")) {
        runs += e.getLong("runs");
        events++;
      }
    }
    assertEquals(RUNS, runs);
    assertTrue(events > 10, events + " events");
  }
}
