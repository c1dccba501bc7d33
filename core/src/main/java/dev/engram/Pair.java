package dev.engram;

/** Two structures side by side. */
public record Pair<A, B>(A first, B second) {}
