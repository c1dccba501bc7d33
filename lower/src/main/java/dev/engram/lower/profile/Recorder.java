package dev.engram.lower.profile;

import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import jdk.jfr.Recording;

/** The link to the Flight Recorder, which asks for the counts once a period. */
final class Recorder {
  private static final EventType NESTS = EventType.getEventType(NestEvent.class);
  private static final EventType RUNS = EventType.getEventType(RunEvent.class);

  /** What a look at the clock costs, in nanoseconds. */
  static final double CLOCK_NANOS = clockNanos();

  static {
    FlightRecorder.addListener(
        new FlightRecorderListener() {
          // With a period of its own, the last part of a recording has not been asked for when it
          // ends. It is no part of the next one.
          @Override
          public void recordingStateChanged(Recording recording) {
            if (!isOn()) {
              ActivePrograms.forget();
            }
          }
        });
    // Of another class: the Flight Recorder, which calls it under its locks, must not wait for this
    // one to be initialized.
    FlightRecorder.addPeriodicEvent(NestEvent.class, ActivePrograms::emit);
  }

  private Recorder() {}

  static boolean isOn() {
    return NESTS.isEnabled() || RUNS.isEnabled();
  }

  private static double clockNanos() {
    int looks = 200;
    double least = Double.MAX_VALUE;
    for (int i = 0; i < 10; i++) {
      long start = System.nanoTime();
      for (int k = 1; k < looks; k++) {
        System.nanoTime();
      }
      least = Math.min(least, (double) (System.nanoTime() - start) / looks);
    }
    return least;
  }
}
