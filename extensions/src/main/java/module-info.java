/** Samples of extensions to the library by other authors. */
@org.jspecify.annotations.NullMarked
module org.example.extensions {
  exports org.example.backend;
  exports org.example.models;
  exports org.example.ops;
  exports org.example.optim;
  exports org.example.passes;
  exports org.example.rules;

  // the states in the fields of an optimizer are found by reflection
  opens org.example.optim to
      dev.engram.core;

  requires transitive dev.engram;
  requires static org.jspecify;

  uses dev.engram.lower.Backend;

  provides dev.engram.lower.Backend with
      org.example.backend.CountingBackend;
}
