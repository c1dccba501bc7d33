/** Small complete programs, one for each way to use the library. */
@org.jspecify.annotations.NullMarked
module dev.engram.examples {
  exports dev.engram.examples;

  // States are found in the fields of models, by reflection.
  opens dev.engram.examples to
      dev.engram.core;

  requires transitive dev.engram;
  requires static org.jspecify;
}
