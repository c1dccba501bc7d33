package dev.engram;

import dev.engram.ir.passes.StructuralKey;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Code of the graphs that were run lately outside of {@link Engram#jit}. */
final class Recent {
  static final Recent CODE = new Recent(64);

  record Key(Compiler compiler, StructuralKey graph) {}

  private final Map<Key, Executable> code;

  Recent(int capacity) {
    code =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, Executable> eldest) {
            return size() > capacity;
          }
        };
  }

  synchronized Executable get(Key key, Supplier<Executable> compile) {
    Executable known = code.get(key);
    if (known == null) {
      known = compile.get();
      code.put(key, known);
    }
    return known;
  }
}
