package dev.engram.ir;

/**
 * The greatest elements of every row, greatest first.
 *
 * @param values the elements
 * @param indices their positions (i32)
 */
public record TopK(Tensor values, Tensor indices) {}
