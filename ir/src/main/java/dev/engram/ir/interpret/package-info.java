/** The meaning of graphs, op by op: the oracle of everything below. */
package dev.engram.ir.interpret;
