package dev.engram.backend.cuda.driver;

import dev.engram.backend.cuda.text.CudaSource;
import dev.engram.ir.runtime.Bytes;
import dev.engram.ir.runtime.Log;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Keeps what a compiler has made in a folder, which processes may share. The name of a file is a
 * hash of all that its content depends on, and it begins with a hash of the rest of it: one that is
 * cut short or changed is made again. A folder that cannot be written to is told once.
 */
public final class CompilerCache implements KernelCompiler {
  private static final String SUFFIX = ".cubin";
  private static final int HASH_BYTES = 32;

  private final KernelCompiler compiler;
  private final Path folder;
  private final long most;
  private final AtomicBoolean told = new AtomicBoolean();

  /**
   * @param most bytes of all files together; those that were not used for longest go first
   */
  public CompilerCache(KernelCompiler compiler, Path folder, long most) {
    this.compiler = compiler;
    this.folder = folder;
    this.most = most;
  }

  @Override
  public String name() {
    return compiler.name();
  }

  @Override
  public byte[] compile(String text, Card card) {
    Path file = folder.resolve(key(text, card) + SUFFIX);
    try {
      byte[] kept = Files.readAllBytes(file);
      byte[] content = Arrays.copyOfRange(kept, Math.min(HASH_BYTES, kept.length), kept.length);
      if (Arrays.equals(hash(content), Arrays.copyOf(kept, HASH_BYTES))) {
        touch(file);
        return content;
      }
    } catch (NoSuchFileException e) {
      // It is the first time.
    } catch (IOException e) {
      tell("read", e);
    }
    byte[] made = compiler.compile(text, card);
    try {
      write(file, made);
    } catch (IOException | UncheckedIOException e) {
      tell("write", e);
    }
    return made;
  }

  private String key(String text, Card card) {
    String all =
        String.join("\n", name(), "sm_" + card.architecture(), CudaSource.OPTIONS.toString(), text);
    return HexFormat.of().formatHex(hash(all.getBytes(StandardCharsets.UTF_8)));
  }

  private static byte[] hash(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** Its time is that of its last use. */
  private static void touch(Path file) {
    try {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    } catch (IOException e) {
      // It is gone, or belongs to another user: then that one sees to it.
    }
  }

  /** Other processes see all of a file, or nothing. */
  private void write(Path file, byte[] content) throws IOException {
    Files.createDirectories(folder);
    Path next = Files.createTempFile(folder, "next", ".part");
    try {
      byte[] hash = hash(content);
      Files.write(
          next, ByteBuffer.allocate(HASH_BYTES + content.length).put(hash).put(content).array());
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(next);
    }
    makeRoom();
  }

  /** A folder with what it holds. */
  public static String describe(Path folder) {
    try {
      List<Kept> files = Files.isDirectory(folder) ? kept(folder) : List.of();
      return "%s, %d files of %s"
          .formatted(folder, files.size(), Bytes.text(files.stream().mapToLong(Kept::bytes).sum()));
    } catch (IOException | UncheckedIOException e) {
      return folder + ", which cannot be read: " + e.getMessage();
    }
  }

  private record Kept(Path file, long bytes, FileTime used) {}

  private static List<Kept> kept(Path folder) throws IOException {
    List<Kept> files = new ArrayList<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path p : all.filter(p -> p.toString().endsWith(SUFFIX)).toList()) {
        try {
          files.add(new Kept(p, Files.size(p), Files.getLastModifiedTime(p)));
        } catch (NoSuchFileException e) {
          // Another process makes room, too.
        }
      }
    }
    return files;
  }

  private void makeRoom() throws IOException {
    List<Kept> files = kept(folder);
    files.sort(Comparator.comparing(Kept::used));
    long sum = files.stream().mapToLong(Kept::bytes).sum();
    for (Kept k : files) {
      if (sum <= most) {
        break;
      }
      Files.deleteIfExists(k.file);
      sum -= k.bytes;
    }
  }

  private void tell(String what, Exception e) {
    if (!told.getAndSet(true)) {
      Log.warning(
          "cannot "
              + what
              + " compiled kernels in "
              + folder
              + ", so they are compiled at each start: "
              + e
              + "; name another folder with -Dengram.cuda.cache=FOLDER");
    }
  }
}
