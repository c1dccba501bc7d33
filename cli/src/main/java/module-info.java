/** The command {@code engram}. */
@org.jspecify.annotations.NullMarked
module dev.engram.cli {
  requires dev.engram.core;
  requires java.desktop;
  requires static org.jspecify;
}
