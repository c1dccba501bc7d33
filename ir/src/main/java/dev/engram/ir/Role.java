package dev.engram.ir;

import java.util.Locale;

/** What a graph's parameter stands for in the user's program. */
public enum Role {
  /** An argument. */
  INPUT,
  /** A learned parameter. */
  WEIGHT,
  /** A state that a step of a recurrent model hands to the next. */
  HIDDEN,
  /** Any other state. */
  STATE,
  /** A random key. */
  KEY;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
