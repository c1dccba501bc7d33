package dev.engram.cli;

/** A command line that means nothing: one line for the user, exit code 2. */
final class UsageException extends Exception {
  UsageException(String message) {
    super(message);
  }
}
