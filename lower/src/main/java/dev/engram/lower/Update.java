package dev.engram.lower;

/**
 * A result of a graph that is the next value of one of its parameters, such as a state that a step
 * reads and writes. Where that is safe its program writes the result over the parameter.
 *
 * @param input number of the parameter
 * @param output number of the result
 */
public record Update(int input, int output) {}
