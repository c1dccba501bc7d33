/** Preparation of graphs for lowering. */
package dev.engram.lower.prepare;
