/** The command {@code engram}. */
@org.jspecify.annotations.NullMarked
module dev.engram.cli {
  requires dev.engram.backend.cuda;
  requires dev.engram.core;
  requires dev.engram.plot;
  requires info.picocli;
  requires java.management;
  requires jdk.jfr;
  requires jdk.jshell;
  requires jdk.management;
  requires static org.jspecify;

  // Options are found by reflection.
  opens dev.engram.cli to
      info.picocli;
  opens dev.engram.cli.doctor to
      info.picocli;
  opens dev.engram.cli.inspect to
      info.picocli;
  opens dev.engram.cli.memory to
      info.picocli;
  opens dev.engram.cli.option to
      info.picocli;
  opens dev.engram.cli.shell to
      info.picocli;
  opens dev.engram.cli.train to
      info.picocli;
  // States of models are found by reflection.
  opens dev.engram.cli.train.problem to
      dev.engram.core;
}
