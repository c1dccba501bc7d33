/** Divides loops among the examples of a batch. */
package dev.engram.lower.split;
