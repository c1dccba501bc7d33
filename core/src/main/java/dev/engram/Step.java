package dev.engram;

/**
 * What one step of a loop gives: the next carry, and the step's output. Of a whole {@link
 * Engram#scan}: the last carry, and the outputs stacked along a new axis 0.
 */
public record Step<C, Y>(C carry, Y out) {}
