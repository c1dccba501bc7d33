/** Layers, cells, initializers. */
package dev.engram.nn;
