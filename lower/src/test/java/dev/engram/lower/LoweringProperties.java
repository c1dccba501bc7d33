package dev.engram.lower;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Interpreter, plain loops and fused loops agree on random programs. */
class LoweringProperties {

  @Property(tries = 300)
  void loopsGiveWhatTheInterpreterGives(@ForAll long seed) {
    Oracle.check(RandomPrograms.program(seed));
  }
}
