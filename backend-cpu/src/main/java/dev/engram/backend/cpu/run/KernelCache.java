package dev.engram.backend.cpu.run;

import dev.engram.backend.cpu.CpuOptions;
import dev.engram.backend.cpu.nest.NestKernel;
import dev.engram.backend.cpu.nest.NestSlots;
import dev.engram.backend.cpu.nest.ProductShape;
import dev.engram.ir.DType;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.op.Check;
import dev.engram.lower.Access;
import dev.engram.lower.AffineMap;
import dev.engram.lower.Instr;
import dev.engram.lower.Stmt;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Caches kernels by the form of their nest: nests that differ only in names, offsets and in which
 * buffers they use share one.
 */
public final class KernelCache {
  private static final int MOST = 1024;

  private final CpuOptions.Vectors vectors;
  private final TieringBudget trials = new TieringBudget();
  private final Map<Stmt.Nest, NestKernel> kernels = new Latest<>();
  private final Map<ProductShape, Kernel> products = new Latest<>();

  /** A map that evicts the least recently used entries. */
  private static final class Latest<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1L;

    Latest() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
      return size() > MOST;
    }
  }

  public KernelCache(CpuOptions.Vectors vectors) {
    this.vectors = vectors;
  }

  CpuOptions.Vectors vectors() {
    return vectors;
  }

  TieringBudget trials() {
    return trials;
  }

  synchronized NestKernel kernel(Stmt.Nest nest, NestSlots slots) {
    Stmt.Nest form = form(nest, slots);
    NestKernel known = kernels.get(form);
    if (known == null) {
      known = NestKernel.of(nest, slots, vectors, trials, this::product);
      kernels.put(form, known);
    }
    return known;
  }

  private synchronized Kernel product(ProductShape shape) {
    return products.computeIfAbsent(shape, s -> NestKernel.product(s, vectors, trials));
  }

  // No instruction reads the slot that numbers points; it enters the form as the nest's name.
  private static Stmt.Nest form(Stmt.Nest nest, NestSlots slots) {
    return new Stmt.Nest(
        Integer.toString(slots.point()),
        nest.axes(),
        form(nest.body(), slots),
        form(nest.epilogue(), slots),
        SourceLocation.UNKNOWN);
  }

  private static List<Instr> form(List<Instr> instrs, NestSlots slots) {
    return instrs.stream().map(i -> form(i, slots)).toList();
  }

  // Equal accesses must stay equal and different ones different, so offsets are replaced by slot
  // numbers.
  private static Instr form(Instr instr, NestSlots slots) {
    return switch (instr) {
      case Instr.Load l -> new Instr.Load(l.dtype(), form(l.from(), l.dtype(), slots));
      case Instr.Literal l -> l;
      case Instr.IndexOf x -> new Instr.IndexOf(x.dtype(), form(x.at(), slots));
      case Instr.Apply a -> a;
      case Instr.Convert c -> c;
      case Instr.LoadAt l ->
          new Instr.LoadAt(
              l.dtype(), form(l.from(), l.dtype(), slots), l.index(), l.stride(), l.limit());
      case Instr.RandomWord r -> new Instr.RandomWord(r.key0(), r.key1(), form(r.at(), slots));
      case Instr.Store s -> new Instr.Store(s.dtype(), form(s.to(), s.dtype(), slots), s.value());
      case Instr.StoreAt s ->
          new Instr.StoreAt(
              s.dtype(),
              form(s.to(), s.dtype(), slots),
              s.index(),
              s.stride(),
              s.limit(),
              s.combine(),
              s.value());
      case Instr.Fold f -> f;
      case Instr.DotFold f -> f;
      case Instr.Check c ->
          new Instr.Check(
              c.dtype(),
              c.value(),
              new Check.Range("", c.op().low(), c.op().high()),
              form(c.position(), slots),
              List.of(),
              SourceLocation.UNKNOWN);
    };
  }

  private static Access form(Access a, DType dtype, NestSlots slots) {
    int slot = slots.keys().indexOf(new NestSlots.Key(a.buffer(), dtype, a.at()));
    return new Access(
        slots.buffers().indexOf(a.buffer()), new AffineMap(slot, List.of(), a.at().inner()));
  }

  private static AffineMap form(AffineMap at, NestSlots slots) {
    int slot = slots.keys().indexOf(new NestSlots.Key(-1, DType.I64, at));
    return new AffineMap(slot, List.of(), at.inner());
  }
}
