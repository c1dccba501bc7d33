package dev.engram;

import dev.engram.ir.Tensor;

/** A gradient, the scalar it belongs to, and the function's other results. */
public record GradWithAux<G, X>(G grad, Tensor value, X aux) {}
