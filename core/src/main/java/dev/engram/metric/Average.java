package dev.engram.metric;

/** How the measures of classes become one number. */
public enum Average {
  /** The mean over the classes that occur as a label or as a prediction. */
  MACRO,
  /** The measure of all decisions together, without regard to classes. */
  MICRO,
  /** The mean over the classes, weighted by how often each is the label. */
  WEIGHTED
}
