package dev.engram.ir.passes;

/** Hears which rule fires where while a pass runs. */
@FunctionalInterface
public interface RuleListener {
  /** Hears nothing; for it no text is made. */
  RuleListener NONE = _ -> {};

  /** Called when a rule has fired. */
  void fired(RuleFiring firing);
}
