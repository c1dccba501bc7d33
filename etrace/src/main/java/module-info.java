/** Online learning rules by eligibility traces, as rewrites of graphs. */
@org.jspecify.annotations.NullMarked
module dev.engram.etrace {
  requires transitive dev.engram.autodiff;
  requires static org.jspecify;

  exports dev.engram.etrace;
}
