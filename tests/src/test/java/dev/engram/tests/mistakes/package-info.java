/** What users are told after mistakes: one row for each, and its whole message. */
@org.jspecify.annotations.NullMarked
package dev.engram.tests.mistakes;
