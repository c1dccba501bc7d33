package dev.engram.cli.chart;

/**
 * A mark on an axis.
 *
 * @param value where it stands
 * @param label its number, or empty for a line of the grid alone
 */
record Tick(double value, String label) {}
