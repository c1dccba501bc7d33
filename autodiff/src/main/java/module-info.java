/** Derivatives and batching as rewrites of graphs. */
@org.jspecify.annotations.NullMarked
module dev.engram.autodiff {
  requires transitive dev.engram.ir;
  requires static org.jspecify;

  exports dev.engram.autodiff;
}
