/** The streams of a command: results, progress, and failures to write. */
package dev.engram.cli.terminal;
