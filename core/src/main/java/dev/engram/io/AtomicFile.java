package dev.engram.io;

import dev.engram.ir.checks.Given;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes a file atomically: a reader sees the old content or the whole new content, never a part.
 * The bytes go to a temporary file in the same folder, which has the target's permissions from the
 * start; they are forced to the disk, and the file is moved over the target.
 *
 * <p>A symbolic link is followed and stays a link. A character device, such as {@code /dev/null},
 * is written to directly. Pipes, sockets and disks are refused, because what has been saved must be
 * readable afterwards.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** Produces the content of a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything to {@code channel}, which is at position 0 of an empty file. */
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Replaces or creates {@code target}. On failure the target is unchanged and no temporary file
   * stays behind. Temporary files left by killed processes are removed by the first save after an
   * hour, where they can be opened.
   *
   * @throws IOException naming the target and the reason: its folder is missing, it is a folder
   *     itself, no permission, disk full, ...
   */
  public static void write(Path target, Content content) throws IOException {
    Given.given("AtomicFile.write", "target", target);
    Given.given("AtomicFile.write", "content", content);
    try {
      Path file = SaveTarget.behindLinks(target);
      switch (SaveTarget.kind(file)) {
        case FILE -> replace(file, content);
        case CHARACTER_DEVICE -> {
          try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            content.writeTo(channel);
          }
        }
        case FOLDER -> throw new IOException("it is a folder");
        case PIPE -> throw new IOException("it is a pipe, expected a file");
        case SOCKET -> throw new IOException("it is a socket, expected a file");
        case OTHER -> throw new IOException("it is a disk or another device, expected a file");
      }
    } catch (IOException e) {
      throw new IOException("cannot write " + target + ": " + FileErrors.reason(e), e);
    }
  }

  private static void replace(Path file, Content content) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      throw new IOException(
          folder + (Files.exists(folder) ? " is not a folder" : " does not exist"));
    }
    try (TemporaryFile temporary = TemporaryFile.beside(file.toAbsolutePath())) {
      content.writeTo(temporary.channel());
      temporary.channel().force(true);
      move(temporary.path(), file);
    }
    TemporaryFile.removeLeftBeside(file);
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
