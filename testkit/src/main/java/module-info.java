/** Checks for functions, models and rules of one's own. */
@org.jspecify.annotations.NullMarked
module dev.engram.testkit {
  requires transitive dev.engram.core;
  requires static org.jspecify;

  exports dev.engram.testkit;

  uses dev.engram.lower.Backend;
}
