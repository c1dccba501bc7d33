package dev.engram.ir.passes;

/** Hears which rule fires where while a pass runs. */
@FunctionalInterface
public interface RuleListener {
  /** Hears nothing; for it no text is made. */
  RuleListener NONE = _ -> {};

  void fired(RuleFiring firing);
}
