package dev.engram.cli.train.problem;

/**
 * What a metric is without learning, to compare curves with.
 *
 * @param metric its name
 * @param name of the one who reaches it, such as {@code chance}
 */
public record Baseline(String metric, String name, double value) {}
