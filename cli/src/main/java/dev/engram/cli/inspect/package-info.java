/**
 * The commands that inspect programs: {@code dump}, {@code explain}, {@code opt} and {@code run}.
 */
package dev.engram.cli.inspect;
