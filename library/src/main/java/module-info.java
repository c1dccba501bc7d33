/**
 * The library with its CPU backend: what a module of a user's requires. It has no code of its own.
 */
@org.jspecify.annotations.NullMarked
module dev.engram {
  requires transitive dev.engram.core;
  requires dev.engram.backend.cpu;
  requires static org.jspecify;
}
