package dev.engram;

/**
 * A wrapper model whose own fields do not appear in the paths of the wrapped states: {@code new
 * Vmap(net)} has the paths of {@code net}, so states saved from one can be loaded into the other.
 */
public interface Transparent {}
