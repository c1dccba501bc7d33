package dev.engram.ir.tensor;

import dev.engram.ir.DType;
import dev.engram.ir.Tensor;
import dev.engram.ir.TypeException;
import dev.engram.ir.op.Dot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Einstein summation as diagonals, sums and contractions. Operands are contracted in pairs, always
 * those next whose product is smallest.
 */
public final class Einsum {
  private static final String DOTS = "...";

  private final String spec;

  /** Length of every label. */
  private final Map<String, Integer> lengths = new LinkedHashMap<>();

  /** An operand, or a product of some, with a label for each axis, none twice. */
  private record Term(Tensor tensor, List<String> labels) {}

  private Einsum(String spec) {
    this.spec = spec;
  }

  public static Tensor of(String spec, List<Tensor> operands) {
    return new Einsum(spec).run(operands);
  }

  private TypeException error(String text) {
    return Moves.error("einsum \"" + spec + "\"", text);
  }

  private Tensor run(List<Tensor> operands) {
    String plain = spec.replace(" ", "");
    int arrow = plain.indexOf("->");
    String[] inputs = (arrow < 0 ? plain : plain.substring(0, arrow)).split(",", -1);
    if (operands.isEmpty() || inputs.length != operands.size()) {
      throw error(
          "got %d operands, expected %d as the text names; write the axes of each, with commas between"
              .formatted(operands.size(), inputs.length));
    }
    List<List<String>> labels = new ArrayList<>();
    for (int i = 0; i < inputs.length; i++) {
      labels.add(labels(inputs[i], i, operands.get(i)));
    }
    List<String> out = arrow < 0 ? implicit(labels) : explicit(plain.substring(arrow + 2));
    List<Term> terms = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      terms.add(term(operands.get(i), labels.get(i)));
    }
    return roundedOnce(terms, out);
  }

  /** One product or sum rounds as it is; several are computed in f32 where the type has 16 bits. */
  private Tensor roundedOnce(List<Term> terms, List<String> out) {
    DType dtype = terms.getFirst().tensor().dtype();
    boolean mixed = terms.stream().anyMatch(t -> t.tensor().dtype() != dtype);
    if (mixed || operations(terms, out) < 2) {
      return result(contract(terms, out), out);
    }
    List<Term> wide =
        terms.stream().map(t -> new Term(RoundOnce.wide(t.tensor()), t.labels())).toList();
    return result(contract(wide, out), out).cast(dtype);
  }

  /** Products, and sums over labels of one operand alone. */
  private static int operations(List<Term> terms, List<String> out) {
    int n = terms.size() - 1;
    for (int i = 0; i < terms.size(); i++) {
      n += needed(terms, out, i, i).containsAll(terms.get(i).labels()) ? 0 : 1;
    }
    return n;
  }

  /** A label for each axis; those of an ellipsis are counted from the last one. */
  private List<String> labels(String text, int operand, Tensor t) {
    List<String> all = new ArrayList<>();
    int named = text.replace(DOTS, "").length();
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith(DOTS, i)) {
        for (int a = t.rank() - named - 1; a >= 0; a--) {
          all.add(DOTS + a);
        }
        i += DOTS.length() - 1;
      } else {
        all.add(letter(text.charAt(i)));
      }
    }
    if (all.size() != t.rank()) {
      throw error(
          "operand %d has type %s, expected %d axes for \"%s\"; write a letter for each axis, or ... for those in front"
              .formatted(operand, t.type(), named, text));
    }
    for (int a = 0; a < all.size(); a++) {
      length(all.get(a), t, a, operand);
    }
    return all;
  }

  private String letter(char c) {
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')) {
      throw error("'" + c + "' is no label; expected letters, \"...\", \",\" and one \"->\"");
    }
    return String.valueOf(c);
  }

  // Axes of an ellipsis broadcast: 1 against n is n, also for n = 0. A letter has one length.
  private void length(String label, Tensor t, int axis, int operand) {
    int n = t.dim(axis);
    Integer known = lengths.putIfAbsent(label, n);
    if (known == null || known == n) {
      return;
    }
    if (!label.startsWith(DOTS) || (known != 1 && n != 1)) {
      throw error(
          "operand %d has type %s, expected length %d on axis %d, as %s has it before; transpose it, or give that axis a letter of its own"
              .formatted(operand, t.type(), known, axis, label));
    }
    lengths.put(label, known == 1 ? n : known);
  }

  private List<String> explicit(String text) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith(DOTS, i)) {
        out.addAll(ellipsis());
        i += DOTS.length() - 1;
      } else {
        out.add(letter(text.charAt(i)));
      }
    }
    Set<String> once = new LinkedHashSet<>(out);
    if (once.size() != out.size() || !lengths.keySet().containsAll(out)) {
      throw error("the result is \"" + text + "\", expected labels of the operands, each once");
    }
    return out;
  }

  private List<String> ellipsis() {
    return lengths.keySet().stream()
        .filter(l -> l.startsWith(DOTS))
        .sorted(Comparator.comparingInt(l -> -Integer.parseInt(l.substring(DOTS.length()))))
        .toList();
  }

  // The ellipsis, then the labels that appear once, in alphabetical order.
  private List<String> implicit(List<List<String>> labels) {
    Map<String, Long> count =
        labels.stream()
            .flatMap(List::stream)
            .collect(Collectors.groupingBy(l -> l, TreeMap::new, Collectors.counting()));
    List<String> out = new ArrayList<>(ellipsis());
    count.forEach(
        (l, n) -> {
          if (n == 1 && !l.startsWith(DOTS)) {
            out.add(l);
          }
        });
    return out;
  }

  /** The operand's diagonals over repeated labels, without axes that only broadcast. */
  private Term term(Tensor operand, List<String> labels) {
    Tensor t = operand;
    List<String> left = new ArrayList<>(labels);
    for (String l : new LinkedHashSet<>(labels)) {
      while (left.indexOf(l) != left.lastIndexOf(l)) {
        t = t.diagonal(0, left.indexOf(l), left.lastIndexOf(l));
        left.remove(left.lastIndexOf(l));
        left.remove(l);
        left.add(l);
      }
      if (t.dim(left.indexOf(l)) != lengths.get(l)) {
        t = t.squeeze(left.indexOf(l));
        left.remove(l);
      }
    }
    return new Term(t, left);
  }

  private Term contract(List<Term> all, List<String> out) {
    List<Term> terms = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      terms.add(summed(all.get(i), needed(all, out, i, i)));
    }
    while (terms.size() > 1) {
      int a = 0;
      int b = 1;
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i < terms.size(); i++) {
        for (int j = i + 1; j < terms.size(); j++) {
          double size = size(terms.get(i), terms.get(j), needed(terms, out, i, j));
          if (size < best) {
            best = size;
            a = i;
            b = j;
          }
        }
      }
      Term product = product(terms.get(a), terms.get(b), needed(terms, out, a, b));
      terms.remove(b);
      terms.set(a, product);
    }
    return terms.getFirst();
  }

  /** Labels that somebody else than {@code i} and {@code j} reads. */
  private static Set<String> needed(List<Term> terms, List<String> out, int i, int j) {
    Set<String> all = new LinkedHashSet<>(out);
    for (int k = 0; k < terms.size(); k++) {
      if (k != i && k != j) {
        all.addAll(terms.get(k).labels());
      }
    }
    return all;
  }

  private static Term summed(Term t, Set<String> needed) {
    List<Integer> axes = new ArrayList<>();
    List<String> kept = new ArrayList<>();
    for (int a = 0; a < t.labels().size(); a++) {
      if (needed.contains(t.labels().get(a))) {
        kept.add(t.labels().get(a));
      } else {
        axes.add(a);
      }
    }
    return axes.isEmpty()
        ? t
        : new Term(t.tensor().sum(axes.stream().mapToInt(Integer::intValue).toArray()), kept);
  }

  /** How much larger the product is than what goes into it. */
  private double size(Term a, Term b, Set<String> needed) {
    Set<String> both = new LinkedHashSet<>(a.labels());
    both.addAll(b.labels());
    both.retainAll(needed);
    return elements(both) - elements(a.labels()) - elements(b.labels());
  }

  private double elements(Iterable<String> labels) {
    double n = 1;
    for (String l : labels) {
      n *= lengths.get(l);
    }
    return n;
  }

  private static Term product(Term a, Term b, Set<String> needed) {
    List<Integer> lhsContract = new ArrayList<>();
    List<Integer> rhsContract = new ArrayList<>();
    List<Integer> lhsBatch = new ArrayList<>();
    List<Integer> rhsBatch = new ArrayList<>();
    List<String> batch = new ArrayList<>();
    List<String> free = new ArrayList<>();
    for (int i = 0; i < a.labels().size(); i++) {
      String l = a.labels().get(i);
      int j = b.labels().indexOf(l);
      if (j < 0) {
        free.add(l);
      } else if (needed.contains(l)) {
        lhsBatch.add(i);
        rhsBatch.add(j);
        batch.add(l);
      } else {
        lhsContract.add(i);
        rhsContract.add(j);
      }
    }
    b.labels().stream().filter(l -> !a.labels().contains(l)).forEach(free::add);
    batch.addAll(free);
    Dot dot = new Dot(lhsContract, rhsContract, lhsBatch, rhsBatch);
    return new Term(a.tensor().dot(b.tensor(), dot), batch);
  }

  private static Tensor result(Term t, List<String> out) {
    int[] perm = out.stream().mapToInt(t.labels()::indexOf).toArray();
    for (int i = 0; i < perm.length; i++) {
      if (perm[i] != i) {
        return t.tensor().transpose(perm);
      }
    }
    return t.tensor();
  }
}
