package dev.engram.lower;

/** An access to a buffer: one element for each point of an index space. */
public record Access(int buffer, AffineMap at) {}
