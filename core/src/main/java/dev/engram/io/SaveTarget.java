package dev.engram.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** What exists at the path that a file is written to. */
enum SaveTarget {
  /** A regular file, or nothing yet. */
  FILE,
  FOLDER,
  CHARACTER_DEVICE,
  PIPE,
  SOCKET,
  OTHER;

  /** The limit of Linux on symbolic links in a row. */
  private static final int MOST_LINKS = 40;

  // The file type bits of st_mode, and three of the types: POSIX, sys/stat.h
  private static final int TYPE = 0xF000;
  private static final int PIPES = 0x1000;
  private static final int CHARACTER_DEVICES = 0x2000;
  private static final int SOCKETS = 0xC000;

  static SaveTarget kind(Path file) throws IOException {
    if (Files.notExists(file) || Files.isRegularFile(file)) {
      return FILE;
    }
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    if (attributes.isDirectory()) {
      return FOLDER;
    }
    if (!file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return OTHER;
    }
    return switch ((int) Files.getAttribute(file, "unix:mode") & TYPE) {
      case PIPES -> PIPE;
      case CHARACTER_DEVICES -> CHARACTER_DEVICE;
      case SOCKETS -> SOCKET;
      default -> OTHER;
    };
  }

  /** Follows symbolic links from {@code path} to a file, which need not exist. */
  static Path behindLinks(Path path) throws IOException {
    Path at = path;
    for (int i = 0; Files.isSymbolicLink(at); i++) {
      if (i == MOST_LINKS) {
        throw new IOException("its symbolic links lead to each other");
      }
      Path next = at.resolveSibling(Files.readSymbolicLink(at));
      // The target of a link in /proc may have no path, such as an open pipe.
      if (Files.exists(at) && !Files.exists(next)) {
        return at;
      }
      at = next;
    }
    return at;
  }
}
