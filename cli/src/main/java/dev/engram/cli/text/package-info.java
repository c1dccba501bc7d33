/** Graphs in files: passes by name, and lines that say what a run gives. */
package dev.engram.cli.text;
