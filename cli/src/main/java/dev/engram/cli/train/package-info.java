/** The command {@code train}: its options, how a task is trained, and what is written of it. */
package dev.engram.cli.train;
