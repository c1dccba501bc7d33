package dev.engram.optim;

import dev.engram.ir.Tensor;

/**
 * {@link LearningRate#inTurn} and {@link LearningRate#warmup}: a record, so that states of its
 * parts are found.
 */
record InTurn(LearningRate first, int length, LearningRate then) implements LearningRate {
  @Override
  public Tensor at(Tensor done) {
    Tensor later = then.at(done.sub(length).relu());
    return done.lt(length).select(first.at(done.clipMax(length)), later);
  }
}
