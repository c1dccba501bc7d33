/** Where a command prints: results, progress, and what goes wrong with either. */
package dev.engram.cli.terminal;
