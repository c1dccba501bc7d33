package dev.engram;

import dev.engram.ir.Tensor;

/** A scalar and its gradient. */
public record ValueAndGrad<G>(Tensor value, G grad) {}
