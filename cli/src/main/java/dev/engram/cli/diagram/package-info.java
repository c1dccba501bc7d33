/** Diagrams of programs, for Graphviz and for Model Explorer. */
package dev.engram.cli.diagram;
