package dev.engram.tests.mistakes;

import java.lang.StackWalker.StackFrame;
import java.util.ArrayList;
import java.util.List;

/** A list of mistakes under construction; each knows the lines where it is written. */
final class Rows {
  private final List<Mistake> all = new ArrayList<>();

  /** A mistake that is refused. */
  Rows refused(String what, Mistake.Body body) {
    return add(what, Mistake.Kind.REFUSED, body);
  }

  /** A mistake that is logged. */
  Rows told(String what, Mistake.Body body) {
    return add(what, Mistake.Kind.TOLD, body);
  }

  private Rows add(String what, Mistake.Kind kind, Mistake.Body body) {
    StackFrame row =
        StackWalker.getInstance().walk(frames -> frames.skip(2).findFirst().orElseThrow());
    all.add(new Mistake(what, kind, body, row.getFileName(), row.getLineNumber()));
    return this;
  }

  List<Mistake> all() {
    return all;
  }
}
