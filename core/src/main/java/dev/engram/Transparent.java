package dev.engram;

/**
 * A model around others whose own fields leave no trace in the paths of their states: {@code new
 * Vmap(net)} has the paths of {@code net}, so that what was saved of the one is read by the other.
 */
public interface Transparent {}
