/** Tracing, transformations and execution of models. */
package dev.engram;
