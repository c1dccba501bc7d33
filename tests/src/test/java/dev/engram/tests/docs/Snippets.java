package dev.engram.tests.docs;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parts of a document that are not written by hand. Each is between {@code <!-- begin NAME -->}
 * and {@code <!-- end -->}, in a block of code or, as a table does, without one.
 */
final class Snippets {
  private static final Pattern BLOCK =
      Pattern.compile("(?s)(<!-- begin (\\S+) -->\n(?:```\\w*\n)?)(.*?)((?:```\n)?<!-- end -->)");

  private Snippets() {}

  /** What is in the block of this name now. */
  static String part(String document, String name) {
    Matcher m = BLOCK.matcher(document);
    while (m.find()) {
      if (m.group(2).equals(name)) {
        return m.group(3);
      }
    }
    throw new AssertionError("the document has no part " + name);
  }

  /** Returns the document with each block as it should be. */
  static String fill(String document, Map<String, Supplier<String>> parts) {
    Set<String> unused = new LinkedHashSet<>(parts.keySet());
    StringBuilder out = new StringBuilder();
    Matcher m = BLOCK.matcher(document);
    while (m.find()) {
      String name = m.group(2);
      Supplier<String> part = parts.get(name);
      if (part == null) {
        throw new AssertionError("unknown part " + name + ", expected one of " + parts.keySet());
      }
      unused.remove(name);
      String text = part.get().stripTrailing() + "\n";
      m.appendReplacement(out, Matcher.quoteReplacement(m.group(1) + text + m.group(4)));
    }
    m.appendTail(out);
    if (!unused.isEmpty()) {
      throw new AssertionError("the document has no part " + unused);
    }
    return out.toString();
  }
}
