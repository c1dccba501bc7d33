package dev.engram.cli;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.nio.charset.Charset;

/**
 * Starts {@link Main} for the launcher script. The JVM prints a warning about the Vector API to
 * standard error before any code can run, so the script pipes that stream through a filter that
 * drops this one line. The property {@code engram.stderr} names a descriptor of the original
 * stream, which is restored before the command writes to it.
 */
public final class Launch {
  private static final int STDERR = 2;

  private Launch() {}

  /** Runs the command. */
  public static void main(String[] args) {
    Integer kept = Integer.getInteger("engram.stderr");
    if (kept != null) {
      String charset = System.getProperty("stderr.encoding", System.getProperty("native.encoding"));
      System.setErr(new PrintStream(new PutBack(kept), true, Charset.forName(charset)));
    }
    Main.main(args);
  }

  /**
   * Standard error, restored by POSIX {@code dup2(kept, 2)} before the first byte. From then on the
   * JVM also writes to the original stream, and the filter ends. Most commands write nothing and do
   * not wait for it.
   */
  private static final class PutBack extends OutputStream {
    private final OutputStream stderr = new FileOutputStream(FileDescriptor.err);
    private final int kept;
    private boolean done;

    PutBack(int kept) {
      this.kept = kept;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      if (!done) {
        done = true;
        putBack();
      }
      stderr.write(bytes, from, count);
    }

    @SuppressWarnings("restricted") // the script enables native access for this module
    private void putBack() {
      Linker linker = Linker.nativeLinker();
      var dup2 =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("dup2"),
              FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
      try {
        // If it fails, everything goes through the filter.
        int ignored = (int) dup2.invokeExact(kept, STDERR);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new AssertionError("a C function throws nothing", e);
      }
    }
  }
}
