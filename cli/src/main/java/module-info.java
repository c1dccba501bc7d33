/** The command {@code engram}. */
@org.jspecify.annotations.NullMarked
module dev.engram.cli {
  requires dev.engram.core;
  requires dev.engram.plot;
  requires java.management;
  requires jdk.management;
  requires static org.jspecify;

  // Backends of the user's, on the path that the command line names.
  uses dev.engram.lower.Backend;

  opens dev.engram.cli to
      dev.engram.core;
}
