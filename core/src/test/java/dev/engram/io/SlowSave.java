package dev.engram.io;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A program that is in the middle of a save, until it is killed. */
final class SlowSave {
  private SlowSave() {}

  public static void main(String[] args) throws Exception {
    AtomicFile.write(
        Path.of(args[0]),
        channel -> {
          channel.write(ByteBuffer.wrap(new byte[10]));
          System.out.println("writing");
          System.out.flush();
          try {
            Thread.sleep(60_000);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }
}
