package dev.engram.cli.train.problem;

/**
 * The value of a metric that is reached without learning, to compare curves with.
 *
 * @param metric its name
 * @param name of the predictor that reaches it, such as {@code chance}
 */
public record Baseline(String metric, String name, double value) {}
