/** The tasks of {@code engram train}, with their data, networks and sizes. */
package dev.engram.cli.train.problem;
