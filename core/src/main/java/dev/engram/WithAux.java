package dev.engram;

import dev.engram.ir.Tensor;

/** A loss with whatever else the function computed on the way. */
public record WithAux<X>(Tensor value, X aux) {}
