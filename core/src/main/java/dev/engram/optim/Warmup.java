package dev.engram.optim;

import dev.engram.ir.Tensor;

/** {@link LearningRate#warmup}: a record, so that states of its part are found. */
record Warmup(int length, LearningRate then) implements LearningRate {
  @Override
  public Tensor at(Tensor done) {
    Tensor rising = then.at(done.like(0)).mul(done.div(length));
    return done.lt(length).select(rising, then.at(done.sub(length).relu()));
  }
}
