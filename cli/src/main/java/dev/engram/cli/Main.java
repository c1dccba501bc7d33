package dev.engram.cli;

/** Entry point of the command {@code engram}. */
public final class Main {
  private Main() {}

  /** Prints the usage. */
  public static void main(String[] args) {
    System.out.println("usage: engram COMMAND [OPTIONS]");
  }
}
