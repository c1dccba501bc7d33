/**
 * The command {@code train}: its options, how a task is trained, and how its results are written.
 */
package dev.engram.cli.train;
