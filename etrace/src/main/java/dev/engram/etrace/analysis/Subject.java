package dev.engram.etrace.analysis;

import dev.engram.ir.Eqn;
import dev.engram.ir.SourceLocation;
import java.util.List;

/**
 * Weights or states as the subject of a sentence.
 *
 * @param names at least one
 */
record Subject(List<String> names) {

  /** The names, and the verb that fits their number. */
  String with(String one, String several) {
    return String.join(", ", names) + " " + verb(one, several);
  }

  String verb(String one, String several) {
    return names.size() == 1 ? one : several;
  }

  /** How weights without a trace learn. */
  String learnWithin() {
    return verb("it learns", "they learn") + " from each step's own gradient";
  }

  /** The mnemonic of an op, with its line where that is not {@code told} anyway. */
  static String op(Eqn e, SourceLocation told) {
    return e.op().mnemonic() + (e.where().equals(told) ? "" : " at " + e.where());
  }
}
