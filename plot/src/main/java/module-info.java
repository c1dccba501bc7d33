/** Charts of curves as PNG and SVG. */
@org.jspecify.annotations.NullMarked
module dev.engram.plot {
  requires transitive java.desktop;
  requires org.knowm.xchart;
  requires static org.jspecify;

  exports dev.engram.plot;
}
