/** Line charts as PNG files, drawn without any font of the system. */
package dev.engram.cli.chart;
