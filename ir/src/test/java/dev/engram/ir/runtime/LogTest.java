package dev.engram.ir.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** A line for each message, and to whoever reads records of the logger where someone does. */
class LogTest {
  private static final Logger LOGGER = Logger.getLogger(Log.NAME);

  private static String errors(Runnable body) {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setErr(out);
      body.run();
    } finally {
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void isOneLine() {
    assertEquals(
        "WARNING: this" + System.lineSeparator() + "INFO: that" + System.lineSeparator(),
        errors(
            () -> {
              Log.warning("this");
              Log.info("that");
            }));
  }

  /** Keeps what it is told. */
  private static final class Kept extends Handler {
    final List<String> messages = new ArrayList<>();

    @Override
    public void publish(LogRecord r) {
      messages.add(r.getLevel() + " " + r.getLoggerName() + " " + r.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Test
  void goesToAHandlerOfTheUserAlone() {
    for (Logger at : List.of(LOGGER, Logger.getLogger(""))) {
      Kept kept = new Kept();
      at.addHandler(kept);
      LOGGER.setUseParentHandlers(!at.equals(LOGGER));
      try {
        errors(() -> Log.warning("this"));
        assertEquals(List.of("WARNING dev.engram this"), kept.messages);
      } finally {
        at.removeHandler(kept);
        LOGGER.setUseParentHandlers(true);
      }
    }
  }

  /** A console of another level is one that the user has set up: what it is told is its own. */
  @Test
  void isSilentBelowTheLevelOfTheConsole() {
    for (Handler console : Logger.getLogger("").getHandlers()) {
      Level before = console.getLevel();
      try {
        console.setLevel(Level.WARNING);
        assertEquals("", errors(() -> Log.info("that")));
        console.setLevel(Level.ALL);
        assertEquals("INFO: that" + System.lineSeparator(), errors(() -> Log.info("that")));
      } finally {
        console.setLevel(before);
      }
    }
    assertEquals(1, Logger.getLogger("").getHandlers().length);
  }

  @Test
  void isSilentBelowTheLevelOfTheLogger() {
    LOGGER.setLevel(Level.SEVERE);
    try {
      assertEquals("", errors(() -> Log.warning("this")));
    } finally {
      LOGGER.setLevel(null);
    }
  }
}
