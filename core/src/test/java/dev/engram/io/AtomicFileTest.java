package dev.engram.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.engram.ir.EngramException;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens to an existing target, and what is left when a save ends early. */
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

  private static String refused(Path path) {
    return assertThrows(IOException.class, () -> write(path, "x")).getMessage();
  }

  @Test
  void aLinkStaysAndWhatItLeadsToIsWritten() throws IOException {
    Path real = Files.writeString(folder.resolve("real"), "old");
    Path second = Files.createSymbolicLink(folder.resolve("second"), Path.of("real"));
    Path first = Files.createSymbolicLink(folder.resolve("first"), second);
    write(first, "new");
    assertTrue(Files.isSymbolicLink(first) && Files.isSymbolicLink(second));
    assertEquals("new", Files.readString(real));
    Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("made"));
    write(dangling, "made by a link");
    assertEquals("made by a link", Files.readString(folder.resolve("made")));
    Path away = Files.createSymbolicLink(folder.resolve("away"), Path.of("no/made"));
    assertEquals(
        "cannot write " + away + ": " + folder.resolve("no") + " does not exist", refused(away));
  }

  @Test
  void linksInACircleAreRefused() throws IOException {
    Path a = folder.resolve("a");
    Path b = Files.createSymbolicLink(folder.resolve("b"), a);
    Files.createSymbolicLink(a, b);
    assertEquals("cannot write " + a + ": its symbolic links lead to each other", refused(a));
  }

  /** 255 bytes are what the usual file systems allow. */
  @Test
  void namesAsLongAsTheDiskAllows() throws IOException {
    for (int n : new int[] {240, 255}) {
      Path path = folder.resolve("n".repeat(n));
      write(path, "x");
      assertEquals("x", Files.readString(path));
    }
    Path longer = folder.resolve("n".repeat(256));
    assertTrue(refused(longer).startsWith("cannot write " + longer + ": "), refused(longer));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(2, files.count());
    }
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  /** Permissions hold before there is content: others cannot read a secret while it is written. */
  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "rw-rw-rw-", "r--------", "rwxr-x--x"})
  void permissionsStay(String given) throws IOException {
    Path path = Files.writeString(folder.resolve("secret"), "old");
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(given));
    List<String> during = new ArrayList<>();
    AtomicFile.write(
        path,
        channel -> {
          during.add(permissions(temporary()));
          put(channel, "new");
        });
    assertEquals(List.of(given), during);
    assertEquals(given, permissions(path));
  }

  @Test
  void aPipeIsRefusedAndStays() throws Exception {
    Path pipe = folder.resolve("pipe");
    assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0);
    assertEquals("cannot write " + pipe + ": it is a pipe, expected a file", refused(pipe));
    assertTrue(Files.exists(pipe) && !Files.isRegularFile(pipe));
  }

  @Test
  void aCharacterDeviceIsWrittenAsItIs() throws IOException {
    Path nothing = Path.of("/dev/null");
    assumeTrue(Files.isWritable(nothing) && !Files.isRegularFile(nothing));
    write(nothing, "x");
    Path link = Files.createSymbolicLink(folder.resolve("link"), nothing);
    write(link, "x");
    assertTrue(Files.isSymbolicLink(link) && !Files.isRegularFile(nothing));
  }

  @Test
  void theReasonIsNotTheTemporaryFile() {
    Path path = Path.of("/proc/engram.txt");
    assumeTrue(Files.isDirectory(path.getParent()));
    assertTrue(refused(path).startsWith("cannot write /proc/engram.txt: "), refused(path));
    assertFalse(refused(path).contains(".tmp"), refused(path));
  }

  /**
   * A save in another process: its file stays while the process lives, and is removed after it was
   * killed.
   */
  @Test
  void whatKilledSavesLeaveIsRemovedAndWhatLivingOnesWriteIsNot() throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                String.join(
                    File.pathSeparator,
                    place(AtomicFile.class),
                    place(EngramException.class),
                    place(SlowSave.class)),
                SlowSave.class.getName(),
                folder.resolve("other").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertEquals('w', other.getInputStream().read());
      age(temporary());
      write(folder.resolve("mine"), "x");
      assertEquals(1, temporaries());
    } finally {
      other.destroyForcibly().waitFor();
    }
    assertEquals(1, temporaries());
    write(folder.resolve("mine"), "y");
    assertEquals(0, temporaries());
    assertFalse(Files.exists(folder.resolve("other")));
  }

  /** A free lock proves nothing: the locks of another machine may be invisible. */
  @Test
  void whatHasJustBeenWrittenStays() throws IOException {
    Path left = Files.writeString(folder.resolve(".engram-1-x.tmp"), "half");
    write(folder.resolve("mine"), "x");
    assertTrue(Files.exists(left));
    age(left);
    write(folder.resolve("mine"), "y");
    assertFalse(Files.exists(left));
  }

  /** In containers, processes may have the same id. */
  @Test
  void anotherProcessOfThisNumberIsAnother() throws IOException {
    String name = ".engram-" + ProcessHandle.current().pid() + "-x.tmp";
    Path left = Files.writeString(folder.resolve(name), "half");
    age(left);
    write(folder.resolve("mine"), "x");
    assertFalse(Files.exists(left));
  }

  /** Saves of this process are not leftovers, however long they take, and stay locked. */
  @Test
  void aLongSaveIsNotTakenForLeft() throws IOException {
    Path path = folder.resolve("long");
    AtomicFile.write(
        path,
        channel -> {
          put(channel, "first ");
          age(temporary());
          write(folder.resolve("short"), "x");
          assertEquals(1, temporaries());
          put(channel, "last");
        });
    assertEquals("first last", Files.readString(path));
  }

  private Path temporary() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".tmp")).findFirst().orElseThrow();
    }
  }

  private static void age(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(2, ChronoUnit.HOURS)));
  }

  private static String place(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  private long temporaries() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".tmp")).count();
    }
  }

  /** Threads of one process do not take each other's files for leftovers. */
  @Test
  void threadsOfOneProcessSaveSideBySide() throws Exception {
    List<Thread> threads = new ArrayList<>();
    List<IOException> failed = Collections.synchronizedList(new ArrayList<>());
    for (int t = 0; t < 4; t++) {
      Path path = folder.resolve("t" + t);
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 50; i++) {
                      try {
                        write(path, "x" + i);
                      } catch (IOException e) {
                        failed.add(e);
                      }
                    }
                  }));
    }
    for (Thread t : threads) {
      t.join();
    }
    assertEquals(List.of(), failed);
    assertEquals(0, temporaries());
    assertEquals("x49", Files.readString(folder.resolve("t3")));
  }
}
