/** The library that users import: transformations, models, learners, optimizers. */
@org.jspecify.annotations.NullMarked
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

  requires transitive dev.engram.ir;
  requires transitive dev.engram.autodiff;
  requires transitive dev.engram.etrace;
  requires transitive dev.engram.lower;
  requires static org.jspecify;
}
