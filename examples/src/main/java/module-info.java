/** Small complete programs, one for each way to use the library. */
@org.jspecify.annotations.NullMarked
module dev.engram.examples {
  exports dev.engram.examples;

  // The fields of models are read: they hold the states.
  opens dev.engram.examples to
      dev.engram.core;

  requires transitive dev.engram;
  requires static org.jspecify;
}
