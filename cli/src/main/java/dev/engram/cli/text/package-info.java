/** Graphs in files: passes by name, and lines that state the results of a run. */
package dev.engram.cli.text;
