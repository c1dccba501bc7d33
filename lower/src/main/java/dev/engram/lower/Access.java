package dev.engram.lower;

/** One element of a buffer for each point of an index space. */
public record Access(int buffer, AffineMap at) {}
