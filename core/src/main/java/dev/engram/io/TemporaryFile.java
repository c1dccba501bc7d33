package dev.engram.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A new file beside the one that it will replace, created with that one's permissions and deleted
 * on close unless it has been moved. Its name is short, however long the target's name is.
 *
 * <p>Other writers recognize the leftovers of killed processes: files that are not locked and have
 * not been written to for an hour. A live writer holds a lock; the hour is for network file
 * systems, many of which do not show one machine the locks of another.
 */
final class TemporaryFile implements Closeable {
  private static final String PREFIX = ".engram-";
  private static final String SUFFIX = ".tmp";
  private static final Duration LEFT = Duration.ofHours(1);

  /**
   * Names of the temporary files that this process is writing. Their locks must not be probed:
   * closing a second channel would release them.
   */
  private static final Set<String> OPEN = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel channel;

  private TemporaryFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** Creates an empty file beside {@code target}, which need not exist. */
  static TemporaryFile beside(Path target) throws IOException {
    Optional<Set<PosixFilePermission>> permissions = permissions(target);
    while (true) {
      String unique = Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36);
      String name = PREFIX + unique + SUFFIX;
      Path path = target.resolveSibling(name);
      OPEN.add(name);
      try {
        TemporaryFile file = new TemporaryFile(path, create(path, permissions));
        try {
          file.setUp(permissions);
          return file;
        } catch (IOException | RuntimeException e) {
          file.close();
          throw e;
        }
      } catch (FileAlreadyExistsException taken) {
        OPEN.remove(name);
      } catch (IOException | RuntimeException e) {
        OPEN.remove(name);
        throw e;
      }
    }
  }

  private static Optional<Set<PosixFilePermission>> permissions(Path target) throws IOException {
    boolean known = Files.getFileAttributeView(target, PosixFileAttributeView.class) != null;
    return known && Files.exists(target)
        ? Optional.of(Files.getPosixFilePermissions(target))
        : Optional.empty();
  }

  /** Creates the file; at no time does it have more permissions than the given ones. */
  private static FileChannel create(Path path, Optional<Set<PosixFilePermission>> permissions)
      throws IOException {
    Set<StandardOpenOption> options =
        Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    return permissions.isPresent()
        ? FileChannel.open(path, options, PosixFilePermissions.asFileAttribute(permissions.get()))
        : FileChannel.open(path, options);
  }

  private void setUp(Optional<Set<PosixFilePermission>> permissions) throws IOException {
    // The umask of the process may have removed some.
    if (permissions.isPresent() && !Files.getPosixFilePermissions(path).equals(permissions.get())) {
      Files.setPosixFilePermissions(path, permissions.get());
    }
    try {
      channel.lock();
    } catch (IOException unsupported) {
      return; // a file system without locks; leftovers are not removed there either
    }
  }

  Path path() {
    return path;
  }

  FileChannel channel() {
    return channel;
  }

  /** Deletes the file if it has not been moved; a failure to do so does not mask a write error. */
  @Override
  public void close() throws IOException {
    try {
      Files.deleteIfExists(path);
    } finally {
      try {
        channel.close();
      } finally {
        OPEN.remove(path.getFileName().toString());
      }
    }
  }

  /**
   * Removes the leftovers of killed writers beside {@code written}; files that may be in use, or
   * cannot be deleted, stay.
   *
   * @param written a file that has just been written, whose time tells the clock of the file system
   */
  static void removeLeftBeside(Path written) {
    Path folder = written.toAbsolutePath().getParent();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, PREFIX + "*" + SUFFIX)) {
      FileTime now = Files.getLastModifiedTime(written);
      for (Path file : all) {
        if (!OPEN.contains(file.getFileName().toString()) && isOld(file, now)) {
          removeWhenFree(file);
        }
      }
    } catch (IOException | DirectoryIteratorException cannot) {
      // Cleaning up is best effort.
      return;
    }
  }

  private static boolean isOld(Path file, FileTime now) throws IOException {
    return Files.isRegularFile(file)
        && Files.getLastModifiedTime(file).toInstant().plus(LEFT).isBefore(now.toInstant());
  }

  private static void removeWhenFree(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | OverlappingFileLockException cannot) {
      return;
    }
  }
}
