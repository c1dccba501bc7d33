package dev.engram.cli.inspect;

import dev.engram.ir.Graph;
import dev.engram.lower.LoopProgram;

/** A part of the output of a command. */
public sealed interface Piece {
  /** Lines for people, a comment in the text form. */
  record Note(String text) implements Piece {}

  /** A graph. */
  record Of(Graph graph) implements Piece {}

  /** A lowered program. */
  record Loops(LoopProgram program) implements Piece {}

  /** A listing of compiled code. */
  record Code(String text) implements Piece {}
}
