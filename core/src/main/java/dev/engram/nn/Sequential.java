package dev.engram.nn;

import dev.engram.Layer;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import java.util.List;

/** Layers one after the other, at the paths {@code layers.0}, {@code layers.1}, … */
public final class Sequential extends Layer {
  private final List<Layer> layers;

  /** The first layer gets the input. */
  public Sequential(Layer... layers) {
    Given.all("Sequential", "layers", layers);
    this(List.of(layers));
  }

  /** The first layer gets the input. */
  public Sequential(List<? extends Layer> layers) {
    Given.all("Sequential", "layers", layers);
    this.layers = List.copyOf(layers);
  }

  @Override
  public Tensor update(Tensor x) {
    Tensor y = x;
    for (Layer layer : layers) {
      y = layer.update(y);
    }
    return y;
  }

  /** Returns the layers, the one that gets the input first. */
  public List<Layer> layers() {
    return layers;
  }
}
