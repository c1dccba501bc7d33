package dev.engram;

/**
 * A function's value, and its derivative there as a linear function of a tangent. Tangents of parts
 * that are not float take any value and give zeros.
 */
public record Linear<A, R>(R value, Fn1<A, R> map) {}
