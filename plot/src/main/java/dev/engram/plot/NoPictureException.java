package dev.engram.plot;

import java.io.IOException;

/**
 * Thrown when this Java cannot draw: it finds no font, or lacks a native library for drawing. The
 * message is one line that says why and what to install; nothing was written.
 */
public final class NoPictureException extends IOException {
  NoPictureException(String message, Throwable cause) {
    super(message, cause);
  }
}
