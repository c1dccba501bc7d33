package dev.engram.ir;

import java.util.Locale;

/** What a graph's parameter stands for in the user's program. */
public enum Role {
  INPUT,
  WEIGHT,
  HIDDEN,
  STATE,
  KEY;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
