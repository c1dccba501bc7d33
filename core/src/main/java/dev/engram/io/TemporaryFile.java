package dev.engram.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A new file beside the one that it will replace, gone when closed unless it has been moved. Its
 * name is short, whatever the other's.
 *
 * <p>While its writer lives it is locked, so that another one can tell what killed writers have
 * left: files whose lock is free. The name has the writer's process, for a process may not look at
 * locks of its own: closing a second channel would release them.
 */
final class TemporaryFile implements Closeable {
  private static final String PREFIX = ".engram-";
  private static final String SUFFIX = ".tmp";
  private static final String OWN = PREFIX + ProcessHandle.current().pid() + "-";

  private final Path path;
  private final FileChannel channel;

  private TemporaryFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** An empty one in {@code folder}. */
  static TemporaryFile in(Path folder) throws IOException {
    while (true) {
      String unique = Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36);
      Path path = folder.resolve(OWN + unique + SUFFIX);
      FileChannel channel;
      try {
        channel = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
      } catch (FileAlreadyExistsException taken) {
        continue;
      }
      TemporaryFile file = new TemporaryFile(path, channel);
      // Before it was locked, another process may have taken it for one that was left.
      if (!isLocked(channel) || Files.exists(path)) {
        return file;
      }
      file.close();
    }
  }

  /** False where the file system knows no locks; then nothing that was left is removed either. */
  private static boolean isLocked(FileChannel channel) {
    try {
      FileLock lock = channel.lock();
      return lock.isValid();
    } catch (IOException unsupported) {
      return false;
    }
  }

  Path path() {
    return path;
  }

  FileChannel channel() {
    return channel;
  }

  /** Removes the file where it still is; an error in writing it is not hidden by one in this. */
  @Override
  public void close() throws IOException {
    try {
      Files.deleteIfExists(path);
    } finally {
      channel.close();
    }
  }

  /**
   * Removes what other processes have left in {@code folder} and are no more there to move. Where
   * that cannot be told, or not be done, files stay.
   */
  static void removeLeftIn(Path folder) {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, PREFIX + "*" + SUFFIX)) {
      for (Path file : left) {
        if (!file.getFileName().toString().startsWith(OWN) && Files.isRegularFile(file)) {
          removeWhenFree(file);
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException cannot) {
      // It is no part of what was asked for.
      return;
    }
  }

  private static void removeWhenFree(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | java.nio.channels.OverlappingFileLockException cannot) {
      return;
    }
  }
}
