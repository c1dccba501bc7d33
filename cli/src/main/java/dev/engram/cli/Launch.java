package dev.engram.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.nio.charset.Charset;

/**
 * Starts {@link Main} for the launcher script. The script sends descriptor 2 through a filter that
 * drops the JVM's own notice of the Vector API, and names the descriptor of the real error stream
 * in the property {@code engram.stderr}.
 */
public final class Launch {
  private Launch() {}

  /**
   * Points {@code System.err} at the descriptor named by {@code engram.stderr}, if any, and runs
   * the command.
   */
  public static void main(String[] args) throws Exception {
    Integer descriptor = Integer.getInteger("engram.stderr");
    if (descriptor != null) {
      System.setErr(errorStream(descriptor));
    }
    Main.main(args);
  }

  private static PrintStream errorStream(int descriptor) throws ReflectiveOperationException {
    // Opening /dev/fd/N anew would truncate a redirected file, so the descriptor itself is wrapped;
    // the script opens
    // java.io to this module for it.
    Constructor<FileDescriptor> wrap = FileDescriptor.class.getDeclaredConstructor(int.class);
    wrap.setAccessible(true);
    String encoding = System.getProperty("stderr.encoding", System.getProperty("native.encoding"));
    return new PrintStream(
        new FileOutputStream(wrap.newInstance(descriptor)), true, Charset.forName(encoding));
  }
}
