/** The library that users import: transformations, models, learners, optimizers. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the modules that are built after this one
module dev.engram.core {
  exports dev.engram;
  exports dev.engram.io;
  exports dev.engram.linalg;
  exports dev.engram.loss;
  exports dev.engram.metric;
  exports dev.engram.nn;
  exports dev.engram.online;
  exports dev.engram.optim;
  exports dev.engram.sparse;
  exports dev.engram.spiking;
  exports dev.engram.text to
      dev.engram.cli,
      dev.engram.testkit;

  requires transitive dev.engram.ir;
  requires transitive dev.engram.autodiff;
  requires transitive dev.engram.etrace;
  requires transitive dev.engram.lower;
  requires static org.jspecify;
}
