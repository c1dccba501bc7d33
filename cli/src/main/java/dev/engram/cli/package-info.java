/** The command engram. */
package dev.engram.cli;
