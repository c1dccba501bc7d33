package dev.engram.ir.passes.simplify;

import dev.engram.ir.passes.rewrite.RewriteRule;
import java.util.ArrayList;
import java.util.List;

/**
 * A rule that is a constant of an enum, whose method {@code at} switches over the constants: a
 * lambda for each rule would take longer to link than a small program takes to simplify.
 */
interface EnumRule extends RewriteRule.Attempt {
  /** The constant's name; the rule has the same in camel case. */
  String name();

  /** What the rule does, as an equation where it is one. */
  String says();

  /** The table of {@code rules}, in the order in which they are tried. */
  static List<RewriteRule> table(EnumRule... rules) {
    List<RewriteRule> table = new ArrayList<>();
    for (EnumRule r : rules) {
      table.add(new RewriteRule(camelCase(r.name()), r.says(), r));
    }
    return List.copyOf(table);
  }

  /** {@code mulOne} of {@code MUL_ONE}. */
  private static String camelCase(String constant) {
    StringBuilder name = new StringBuilder();
    boolean starts = false;
    for (char c : constant.toCharArray()) {
      if (c != '_') {
        name.append(starts ? c : Character.toLowerCase(c));
      }
      starts = c == '_';
    }
    return name.toString();
  }

  /** The same for ops that may have results without elements. */
  static List<RewriteRule> tableAfterNoElements(EnumRule... rules) {
    return NoElements.and(table(rules));
  }
}
