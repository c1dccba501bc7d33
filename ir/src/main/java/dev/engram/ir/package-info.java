/** Graphs of tensor operations and their meaning. */
package dev.engram.ir;
