/** Graphs brought into the form that lowering starts from. */
package dev.engram.lower.prepare;
