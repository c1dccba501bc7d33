/** Messages after mistakes of users: one row for each mistake, with the full message. */
@org.jspecify.annotations.NullMarked
package dev.engram.tests.mistakes;
