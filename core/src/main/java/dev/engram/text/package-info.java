/**
 * Graphs in files: passes by name, and lines that state the results of a run. For the command and
 * the test kit alone.
 */
package dev.engram.text;
