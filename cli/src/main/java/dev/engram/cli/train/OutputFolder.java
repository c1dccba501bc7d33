package dev.engram.cli.train;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks that results can be written before hours are spent on computing them. */
public final class OutputFolder {
  private OutputFolder() {}

  /**
   * Creates {@code folder} if it is missing, and tries to write into it.
   *
   * @param files the files that will be written there
   * @throws IOException naming the folder and the reason
   */
  public static void prepare(Path folder, Path... files) throws IOException {
    for (Path at = folder.toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.exists(at) && !Files.isDirectory(at)) {
        throw refused(folder, at + " is a file, not a folder");
      }
    }
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, ".probe", ".tmp"));
    } catch (AccessDeniedException e) {
      throw refused(folder, "permission denied");
    } catch (FileSystemException e) {
      throw refused(
          folder, e.getReason() == null ? "no folder can be created here" : e.getReason());
    } catch (IOException e) {
      throw refused(folder, String.valueOf(e.getMessage()));
    }
    for (Path file : files) {
      if (Files.isDirectory(file)) {
        throw refused(folder, file + " is a folder where a file is to be written");
      }
    }
  }

  private static IOException refused(Path folder, String reason) {
    return new IOException(folder + " cannot be written: " + reason);
  }
}
