/**
 * Charts of curves over whole numbers, such as losses over training steps, as PNG or SVG: {@link
 * dev.engram.plot.LineChart}. They are laid out by XChart.
 */
package dev.engram.plot;
