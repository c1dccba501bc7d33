/** The command {@code engram}. */
package dev.engram.cli;
