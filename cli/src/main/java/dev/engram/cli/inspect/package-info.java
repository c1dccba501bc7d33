/** The commands that look inside: {@code dump}, {@code explain}, {@code opt} and {@code run}. */
package dev.engram.cli.inspect;
