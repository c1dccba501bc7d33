/** Online learning rules against backpropagation through time, and against each other. */
@org.jspecify.annotations.NullMarked
package dev.engram.tests.online;
