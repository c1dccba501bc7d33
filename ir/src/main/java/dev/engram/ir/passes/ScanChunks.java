package dev.engram.ir.passes;

import dev.engram.ir.Builder;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Shape;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Move;
import dev.engram.ir.passes.rewrite.ScanParts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A scan in chunks of equal numbers of steps: a scan over the chunks, and one of what is left. */
final class ScanChunks {

  /** What a chunk is made of. */
  @FunctionalInterface
  interface Chunk {
    /**
     * Emits some steps of the scan.
     *
     * @param xs the inputs of these steps
     * @return the carries behind them, then what they stack
     */
    List<Value> emit(
        GraphRewriter to, List<Value> consts, List<Value> carries, List<Value> xs, int steps);
  }

  private final GraphRewriter to;
  private final ScanParts parts;
  private final String name;
  private final int length;
  private final SourceLocation where;
  private final Chunk chunk;

  ScanChunks(
      GraphRewriter to, Control.Scan scan, ScanParts parts, SourceLocation where, Chunk chunk) {
    this.to = to;
    this.parts = parts;
    this.name = scan.body().name();
    this.length = scan.length();
    this.where = where;
    this.chunk = chunk;
  }

  /** The results of the scan. */
  List<Value> emit(int steps) {
    int count = length / steps;
    int done = count * steps;
    List<Value> consts = operands(parts.consts);
    List<Value> xs = operands(parts.xs);
    List<Value> carries = parts.carries.stream().map(ScanParts.Carry::operand).toList();
    List<Value> all =
        count > 1
            ? loop(consts, carries, slices(xs, 0, done), steps, count)
            : chunk.emit(to, consts, carries, slices(xs, 0, done), steps);
    int n = carries.size();
    List<List<Value>> outputs = new ArrayList<>(List.of(all.subList(n, all.size())));
    if (done < length) {
      all = chunk.emit(to, consts, all.subList(0, n), slices(xs, done, length), length - done);
      outputs.add(all.subList(n, all.size()));
    }
    List<Value> results = new ArrayList<>(all.subList(0, n));
    for (int y = 0; y < outputs.getFirst().size(); y++) {
      int number = y;
      List<Value> each = outputs.stream().map(o -> o.get(number)).toList();
      results.add(
          each.size() == 1 ? each.getFirst() : builder().emit(new Move.Concat(0), each).getFirst());
    }
    return results;
  }

  private static List<Value> operands(List<ScanParts.Input> inputs) {
    return inputs.stream().map(ScanParts.Input::operand).toList();
  }

  private Builder builder() {
    return to.builder().at(where);
  }

  private List<Value> slices(List<Value> xs, int from, int until) {
    return xs.stream().map(x -> slice(x, from, until)).toList();
  }

  private Value slice(Value x, int from, int until) {
    Shape s = x.type().shape();
    if (from == 0 && until == s.dim(0)) {
      return x;
    }
    if (x instanceof Lit l) {
      return new Lit(l.type().with(s.with(0, until - from)), l.bits());
    }
    List<Integer> start = new ArrayList<>(Collections.nCopies(s.rank(), 0));
    List<Integer> limit = new ArrayList<>(s.dims());
    start.set(0, from);
    limit.set(0, until);
    return builder().emit1(new Move.Slice(start, limit, Collections.nCopies(s.rank(), 1)), x);
  }

  private List<Value> loop(
      List<Value> consts, List<Value> carries, List<Value> xs, int steps, int count) {
    List<Value> operands = new ArrayList<>(consts);
    operands.addAll(carries);
    for (Value x : xs) {
      operands.add(reshape(x, x.type().shape().with(0, steps).insert(0, count)));
    }
    Builder body = new Builder(name + "Window");
    List<Value> in = new ArrayList<>();
    parts.consts.forEach(c -> in.add(body.param(c.param())));
    parts.carries.forEach(c -> in.add(body.param(c.param())));
    for (ScanParts.Input x : parts.xs) {
      Param p = x.param();
      TensorType t = p.type();
      in.add(body.param(t.with(t.shape().insert(0, steps)), p.role(), p.path()));
    }
    int c = consts.size();
    int n = carries.size();
    List<Value> outs =
        chunk.emit(
            new GraphRewriter(body, (w, e, _) -> w.keep(e)),
            in.subList(0, c),
            in.subList(c, c + n),
            in.subList(c + n, in.size()),
            steps);
    List<Var> results =
        builder().emit(new Control.Scan(body.build(outs), c, n, count, false), operands);
    List<Value> all = new ArrayList<>(results.subList(0, n));
    for (Var y : results.subList(n, results.size())) {
      all.add(reshape(y, y.type().shape().without(List.of(0)).with(0, count * steps)));
    }
    return all;
  }

  private Value reshape(Value v, Shape s) {
    return v instanceof Lit l
        ? new Lit(l.type().with(s), l.bits())
        : builder().emit1(new Move.Reshape(s), v);
  }
}
