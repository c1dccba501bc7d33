package dev.engram;

/** A function's value, and its derivative along a tangent; zeros for parts that are not float. */
public record Pushforward<R>(R value, R tangent) {}
