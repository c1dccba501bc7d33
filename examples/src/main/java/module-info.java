/** Small complete programs, one for each way to use the library. */
@org.jspecify.annotations.NullMarked
module dev.engram.examples {
  exports dev.engram.examples;

  requires transitive dev.engram.core;
  requires static org.jspecify;
}
