package dev.engram.ir.runtime;

import dev.engram.ir.checks.Given;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * What a user should know and is no error, a line for each.
 *
 * <p>It goes to the {@link System.Logger} {@value #NAME}. Where nobody has said what becomes of log
 * records, the JDK would print two lines, the first with the names of our methods; then it is
 * printed as one, to {@link System#err}.
 */
public final class Log {
  /** The name of the logger. */
  public static final String NAME = "dev.engram";

  private static final System.Logger LOGGER = System.getLogger(NAME);

  private Log() {}

  /** Something that is likely to be a mistake. */
  public static void warning(String message) {
    Given.given("Log.warning", "message", message);
    say(Level.WARNING, message);
  }

  /** Something that could be done better. */
  public static void info(String message) {
    Given.given("Log.info", "message", message);
    say(Level.INFO, message);
  }

  private static void say(Level level, String message) {
    if (!LOGGER.isLoggable(level)) {
      return;
    }
    if (isUnconfigured()) {
      System.err.println(level + ": " + message);
    } else {
      LOGGER.log(level, message);
    }
  }

  private static boolean isUnconfigured() {
    Class<?> finder = System.LoggerFinder.getLoggerFinder().getClass();
    return Set.of("java.base", "java.logging")
            .contains(String.valueOf(finder.getModule().getName()))
        && System.getProperty("java.util.logging.config.file") == null
        && System.getProperty("java.util.logging.config.class") == null
        && System.getProperty("java.util.logging.SimpleFormatter.format") == null
        && (ModuleLayer.boot().findModule("java.logging").isEmpty() || Jul.isUnconfigured());
  }

  /** Apart, since its module may be missing. */
  private static final class Jul {
    static boolean isUnconfigured() {
      for (Logger l = Logger.getLogger(NAME); l != null; l = l.getParent()) {
        Handler[] handlers = l.getHandlers();
        boolean isRoot = l.getParent() == null;
        if ((!l.getUseParentHandlers() && !isRoot)
            || handlers.length != (isRoot ? 1 : 0)
            || (isRoot && !isStandard(handlers[0]))) {
          return false;
        }
      }
      return true;
    }

    private static boolean isStandard(Handler h) {
      return h.getClass() == ConsoleHandler.class
          && h.getFormatter().getClass() == SimpleFormatter.class
          && h.getLevel().intValue() <= java.util.logging.Level.INFO.intValue()
          && h.getFilter() == null;
    }
  }
}
