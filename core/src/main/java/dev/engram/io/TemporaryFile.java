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
 * A new file beside the one that it will replace, with that one's permissions from the start, gone
 * when closed unless it has been moved. Its name is short, whatever the other's.
 *
 * <p>Another writer can tell what killed ones have left: files that are not locked and that nobody
 * has written to for an hour. While its writer lives it is locked, but many file systems of a
 * network do not show one machine the locks of another.
 */
final class TemporaryFile implements Closeable {
  private static final String PREFIX = ".engram-";
  private static final String SUFFIX = ".tmp";
  private static final Duration LEFT = Duration.ofHours(1);

  /**
   * Names of those that this process writes. It may not look at their locks: closing a second
   * channel would release them.
   */
  private static final Set<String> OPEN = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel channel;

  private TemporaryFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** An empty one beside {@code target}, which need not exist. */
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

  /** With no more permissions than those, at no time. */
  private static FileChannel create(Path path, Optional<Set<PosixFilePermission>> permissions)
      throws IOException {
    Set<StandardOpenOption> options =
        Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    return permissions.isPresent()
        ? FileChannel.open(path, options, PosixFilePermissions.asFileAttribute(permissions.get()))
        : FileChannel.open(path, options);
  }

  private void setUp(Optional<Set<PosixFilePermission>> permissions) throws IOException {
    // The process's mask may have taken some away.
    if (permissions.isPresent() && !Files.getPosixFilePermissions(path).equals(permissions.get())) {
      Files.setPosixFilePermissions(path, permissions.get());
    }
    try {
      channel.lock();
    } catch (IOException unsupported) {
      return; // the file system knows no locks; then nothing that was left is removed either
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
      try {
        channel.close();
      } finally {
        OPEN.remove(path.getFileName().toString());
      }
    }
  }

  /**
   * Removes what killed writers have left beside {@code written}. Where that cannot be told, or not
   * be done, files stay.
   *
   * @param written a file that has just been written, by the clock of the same file system
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
      // It is no part of what was asked for.
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
