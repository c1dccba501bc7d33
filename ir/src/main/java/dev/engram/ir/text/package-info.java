/** The text form of graphs: reading and writing it, exact to the bit. */
package dev.engram.ir.text;
