/** The command {@code engram}. */
@org.jspecify.annotations.NullMarked
module dev.engram.cli {
  requires dev.engram.core;
  requires java.desktop;
  requires java.management;
  requires jdk.management;
  requires static org.jspecify;

  opens dev.engram.cli to
      dev.engram.core;
}
