/** Small complete programs: start with {@link dev.engram.examples.FirstSteps}. */
package dev.engram.examples;
