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
 * Writes a file so that a reader sees the old content or the whole new content, never a part: the
 * bytes go to a temporary file in the same folder, are forced to the disk, and the file is moved
 * over the target, whose permissions it has from the start.
 *
 * <p>Of a symbolic link the file that it leads to is written, and the link stays. A character
 * device, such as {@code /dev/null}, is written to as it is. Pipes, sockets and disks are refused:
 * what has been saved must be there to be read.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** Produces the content of a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything to {@code channel}, which stands at position 0 of an empty file. */
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Replaces or creates {@code target}. When anything fails, the target is as it was and no
   * temporary file stays behind. What saves that were killed have left in the folder is removed by
   * the first save an hour later, where it may be opened.
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
        case OTHER -> throw new IOException("it is a disk or the like, expected a file");
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
