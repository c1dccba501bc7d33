package dev.engram.jit;

import dev.engram.TreeDef;
import dev.engram.ir.TensorType;
import dev.engram.trace.RecordType;
import dev.engram.trace.TreeSpec;
import java.util.ArrayList;
import java.util.List;

/** Why a program that was compiled for some arguments does not fit others. */
public final class SpecMismatch {
  private SpecMismatch() {}

  /**
   * Returns one line for each difference; none when {@code now} is what the program was compiled
   * for.
   */
  public static List<String> of(List<TreeSpec> compiled, List<TreeSpec> now) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < now.size(); i++) {
      String at = "argument " + i;
      structures(at, compiled.get(i).structure(), now.get(i).structure(), out);
      if (compiled.get(i).structure().leafCount() == now.get(i).structure().leafCount()) {
        types(now.get(i).structure().paths(at), compiled.get(i).types(), now.get(i).types(), out);
      }
    }
    return out;
  }

  private static void types(
      List<String> paths, List<TensorType> compiled, List<TensorType> now, List<String> out) {
    for (int i = 0; i < paths.size(); i++) {
      if (!compiled.get(i).equals(now.get(i))) {
        out.add(paths.get(i) + " has type " + now.get(i) + ", compiled for " + compiled.get(i));
      }
    }
  }

  private static void structures(String at, TreeDef compiled, TreeDef now, List<String> out) {
    if (compiled.equals(now)) {
      return;
    }
    if (compiled instanceof TreeDef.Fixed a && now instanceof TreeDef.Fixed b) {
      out.add(at + " is " + b.value() + ", compiled for " + a.value());
      return;
    }
    if (compiled instanceof TreeDef.Fields a
        && now instanceof TreeDef.Fields b
        && a.type() == b.type()) {
      for (int i = 0; i < a.parts().size(); i++) {
        String part = at + "." + RecordType.of(a.type()).name(i);
        structures(part, a.parts().get(i), b.parts().get(i), out);
      }
      return;
    }
    if (compiled instanceof TreeDef.Items a
        && now instanceof TreeDef.Items b
        && a.parts().size() == b.parts().size()) {
      for (int i = 0; i < a.parts().size(); i++) {
        structures(at + "[" + i + "]", a.parts().get(i), b.parts().get(i), out);
      }
      return;
    }
    if (compiled instanceof TreeDef.Entries a
        && now instanceof TreeDef.Entries b
        && a.keys().equals(b.keys())) {
      for (int i = 0; i < a.parts().size(); i++) {
        structures(at + "[" + a.keys().get(i) + "]", a.parts().get(i), b.parts().get(i), out);
      }
      return;
    }
    out.add(at + " holds " + now.paths(at) + ", compiled for " + compiled.paths(at));
  }
}
