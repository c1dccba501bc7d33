package dev.engram.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  private static void write(Path path, String text) throws IOException {
    AtomicFile.write(path, channel -> put(channel, text));
  }

  private static void put(FileChannel channel, String text) throws IOException {
    channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void createsAndReplaces() throws IOException {
    Path path = folder.resolve("a.txt");
    write(path, "a long first text");
    write(path, "second");
    assertEquals("second", Files.readString(path));
  }

  @Test
  void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
    Path path = folder.resolve("a.txt");
    write(path, "old");
    IOException e =
        assertThrows(
            IOException.class,
            () ->
                AtomicFile.write(
                    path,
                    channel -> {
                      put(channel, "half of the n");
                      throw new IOException("disk full");
                    }));
    assertEquals("cannot write " + path + ": disk full", e.getMessage());
    assertEquals("old", Files.readString(path));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(path), files.toList());
    }
  }

  @Test
  void anImpossibleTargetIsNamedWithTheReason() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertEquals(
        "cannot write " + folder + ": it is a folder",
        assertThrows(IOException.class, () -> write(folder, "x")).getMessage());
    Path below = file.resolve("a.txt");
    assertEquals(
        "cannot write " + below + ": " + file + " is not a folder",
        assertThrows(IOException.class, () -> write(below, "x")).getMessage());
    Path nowhere = folder.resolve("no/a.txt");
    assertEquals(
        "cannot write " + nowhere + ": " + folder.resolve("no") + " does not exist",
        assertThrows(IOException.class, () -> write(nowhere, "x")).getMessage());
  }
}
