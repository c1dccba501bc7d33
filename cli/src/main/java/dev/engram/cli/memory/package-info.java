/**
 * The command {@code memory}: what learning takes, by the length of a sequence, and of a stream.
 */
package dev.engram.cli.memory;
