package dev.engram.state;

/** A wrapper that may keep the weights in it from learning. */
public interface FrozenPart {
  boolean isFrozen();
}
