package dev.engram.sparse;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Role;
import dev.engram.ir.Shape;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.Ranges;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Index;
import dev.engram.ir.tensor.Moves;
import dev.engram.ir.tensor.Numbers;
import dev.engram.ir.tensor.RoundOnce;
import dev.engram.ir.text.OpTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The product of a vector with a sparse matrix that is stored by input: {@code y_j = Σ x_i w_ik}
 * over all i, k with {@code target_ik = j}. It reads the weights of those inputs alone that are not
 * zero, so that its cost is that of the connections of the neurons that fired: each such connection
 * is one addition.
 *
 * <p>The inputs that are not zero are listed, and a loop takes a block of the list at a time, looks
 * up its rows of targets and weights, and adds them up, always in the same order. The result does
 * not depend on how many there are. 16-bit operands are added up in f32.
 *
 * <p>Derivatives read all weights: that with respect to the weights is {@code x_i ȳ_target}, that
 * with respect to x is {@code Σ_k w_ik ȳ_target}. A batch has one list for all its examples.
 *
 * @param out number of outputs
 */
public record EventProduct(int out)
    implements Custom.Differentiable, Custom.Batchable, Custom.Connecting {
  private static final String NAME = "eventProduct";

  /** Connections that one turn of the loop adds up, if a row has no more. */
  private static final int AT_ONCE = 1 << 15;

  /** Elements that are counted one after the other; columns of them are counted side by side. */
  private static final int DEEP = 16;

  public EventProduct {
    Ranges.atLeastOne("EventProduct", "out", out);
  }

  /**
   * Multiplies.
   *
   * @param x {@code [in]}
   * @param weights {@code [in, degree]}, of the type of x
   * @param targets the output that each weight adds to, {@code i32[in, degree]}; {@code out} where
   *     there is no connection
   * @param out number of outputs
   * @return {@code [out]}
   */
  public static Tensor of(Tensor x, Tensor weights, Tensor targets, int out) {
    Given.given("EventProduct.of", "x", x);
    Given.given("EventProduct.of", "weights", weights);
    Given.given("EventProduct.of", "targets", targets);
    return Tensor.apply(new EventProduct(out), List.of(x, weights, targets)).getFirst();
  }

  /** Returns a table that knows this op too, to parse texts in which it occurs. */
  public static OpTable in(OpTable ops) {
    Given.given("EventProduct.in", "ops", ops);
    return ops.with(NAME, EventProduct.class);
  }

  @Override
  public String mnemonic() {
    return NAME;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Also those of a batch: {@code x [examples, in]}, and weights and targets of one example, for
   * all, or {@code [examples, in, degree]}.
   */
  @Override
  public List<TensorType> typeOf(List<TensorType> in) {
    Given.all("EventProduct.typeOf", "in", in);
    if (in.size() != 3 || !fits(in.get(0), in.get(1), in.get(2))) {
      throw new TypeException(
          "eventProduct: got %s, expected x [in] and weights [in, degree] of one float type, and targets i32[in, degree]"
              .formatted(in));
    }
    TensorType x = in.getFirst();
    return List.of(x.with(x.shape().with(x.rank() - 1, out)));
  }

  private static boolean fits(TensorType x, TensorType weights, TensorType targets) {
    return (x.rank() == 1 || x.rank() == 2)
        && x.dtype().isFloat()
        && weights.dtype() == x.dtype()
        && targets.dtype() == DType.I32
        && isTable(x, weights)
        && isTable(x, targets)
        && weights.shape().dim(-1 + weights.rank()) == targets.shape().dim(-1 + targets.rank());
  }

  // [in, degree] or [examples, in, degree]
  private static boolean isTable(TensorType x, TensorType t) {
    int n = x.shape().dim(x.rank() - 1);
    return t.rank() == 2
        ? t.shape().dim(0) == n
        : t.rank() == 3
            && x.rank() == 2
            && t.shape().dim(0) == x.shape().dim(0)
            && t.shape().dim(1) == n;
  }

  @Override
  public boolean connects(List<TensorType> in) {
    Given.all("EventProduct.connects", "in", in);
    return in.getFirst().rank() == 1;
  }

  @Override
  public List<Tensor> expand(List<Tensor> in) {
    Given.all("EventProduct.expand", "in", in);
    Tensor x = in.get(0);
    Tensor all = x.rank() == 2 ? x : x.reshape(1, x.dim(0));
    Tensor y = sums(all, rows(in.get(1)), rows(in.get(2)));
    return List.of(x.rank() == 2 ? y : y.reshape(out));
  }

  // those of all examples one behind the other
  private static Tensor rows(Tensor t) {
    return t.rank() == 2
        ? t
        : t.reshape(
            Moves.length("eventProduct", "the rows of all examples", (long) t.dim(0) * t.dim(1)),
            t.dim(2));
  }

  @Override
  public List<Tensor> batch(List<Tensor> in, int size) {
    Given.all("EventProduct.batch", "in", in);
    return batch(in, Collections.nCopies(in.size(), true), size);
  }

  @Override
  public List<Tensor> batch(List<Tensor> in, List<Boolean> batched, int size) {
    Given.all("EventProduct.batch", "in", in);
    Given.all("EventProduct.batch", "batched", batched);
    Tensor x = wide(in.getFirst(), batched.getFirst(), size);
    if (x.rank() == 2) {
      return Tensor.apply(this, List.of(x, in.get(1), in.get(2)));
    }
    // a batch of batches is a larger batch
    int inner = x.dim(1);
    int all = Moves.length("eventProduct", "all examples", (long) size * inner);
    List<Tensor> operands = new ArrayList<>();
    operands.add(x.reshape(all, x.dim(2)));
    for (int i = 1; i < 3; i++) {
      Tensor t = in.get(i);
      if (batched.get(i) || t.rank() == 3) {
        Tensor each = wide(t, batched.get(i), size);
        Shape shape = Shape.of(size, inner, each.dim(-2), each.dim(-1));
        Tensor four = each.rank() == 4 ? each : each.expandDims(1).broadcastTo(shape);
        t = four.reshape(all, each.dim(-2), each.dim(-1));
      }
      operands.add(t);
    }
    return List.of(Tensor.apply(this, operands).getFirst().reshape(size, inner, out));
  }

  private static Tensor wide(Tensor t, boolean batched, int size) {
    return batched ? t : t.broadcastTo(t.shape().insert(0, size));
  }

  /** Which elements of {@code [examples, in]} are not zero. */
  private record Events(Tensor at, Tensor count) {}

  /**
   * Lists the places of what is not zero, those of one example before those of the next. The
   * elements of an example are counted in {@link #DEEP} rows: a column is counted downwards, and
   * all columns before the next.
   *
   * @param block the length of the list is a multiple of it
   */
  private static Events events(Tensor x, int block) {
    int examples = x.dim(0);
    int n = x.dim(1);
    int columns = (n + DEEP - 1) / DEEP;
    int places =
        Moves.length(
            "eventProduct", "the inputs of all examples", (long) examples * DEEP * columns);
    int length =
        Moves.length(
            "eventProduct", "the list of all inputs", ((long) places + block - 1) / block * block);
    Tensor grid =
        x.pad(List.of(0, 0), List.of(0, DEEP * columns - n), 0).reshape(examples, DEEP, columns);
    List<Tensor> fires = new ArrayList<>();
    List<Tensor> upTo = new ArrayList<>();
    for (int i = 0; i < DEEP; i++) {
      Tensor row = grid.slice(1, i, i + 1);
      fires.add(row.ne(row.like(0)));
      Tensor one = fires.getLast().cast(DType.I32);
      upTo.add(i == 0 ? one : upTo.getLast().add(one));
    }
    Tensor inColumn = upTo.getLast().reshape(examples * columns);
    Tensor upToColumn = inColumn.cumSum(0);
    Tensor before = upToColumn.sub(inColumn).sub(1).reshape(examples, 1, columns);
    List<Tensor> at = new ArrayList<>();
    for (int i = 0; i < DEEP; i++) {
      Tensor place = upTo.get(i).add(before);
      at.add(fires.get(i).select(place, place.like(length).broadcastTo(place.shape())));
    }
    Tensor to = Tensor.concat(1, at.toArray(Tensor[]::new)).reshape(places);
    Tensor list =
        op(
            new Index.Scatter(0, 0, Index.Combine.SET),
            HostTensor.full(TensorType.of(DType.I32, length), 0),
            to,
            Numbers.range("eventProduct", 0, places));
    return new Events(list, upToColumn.get(examples * columns - 1));
  }

  /**
   * The products of all examples.
   *
   * @param x {@code [examples, in]}
   * @param weights of one example or of all, {@code [in or examples·in, degree]}
   * @param targets as {@code weights}
   * @return {@code [examples, out]}
   */
  private Tensor sums(Tensor x, Tensor weights, Tensor targets) {
    int examples = x.dim(0);
    int degree = weights.dim(1);
    TensorType result = x.type().with(Shape.of(examples, out));
    if (x.type().size() == 0 || degree == 0) {
      return HostTensor.full(result, 0);
    }
    int outs = Moves.length("eventProduct", "the outputs of all examples", (long) examples * out);
    int block = Math.clamp(AT_ONCE / degree, 8, 1024);
    Events events = events(x, block);
    TensorType sum = new TensorType(RoundOnce.wide(x.dtype()), Shape.of(outs));
    List<Tensor> given =
        List.of(
            x.reshape(examples * x.dim(1)),
            weights,
            targets,
            events.at,
            events.count,
            HostTensor.full(TensorType.scalar(DType.I32), 0),
            HostTensor.full(sum, 0));
    Builder more = new Builder("more");
    List<Tensor> m = params(more, given);
    Graph condition = more.build(List.of(more.lift(m.get(5).mul(block).lt(m.get(4)))));
    Builder turn = new Builder("block");
    List<Tensor> p = params(turn, given);
    Tensor next = added(p, block, examples, x.dim(1));
    Graph body = turn.build(List.of(turn.lift(p.get(5).add(1)), turn.lift(next)));
    Tensor y =
        Tensor.apply(new Control.While(condition, body, 5, Optional.empty()), given).getLast();
    return y.cast(x.dtype()).reshape(result.shape());
  }

  /** The sums with those of one block. */
  private Tensor added(List<Tensor> p, int block, int examples, int in) {
    Tensor x = p.get(0);
    Tensor weights = p.get(1);
    Tensor targets = p.get(2);
    Tensor sum = p.get(6);
    Tensor first = p.get(5).mul(block);
    Tensor place = p.get(3).dynamicSlice(new int[] {block}, first);
    int size = (in + DEEP - 1) / DEEP * DEEP;
    Tensor example = place.div(size);
    Tensor input = place.sub(example.mul(size));
    Tensor flat = example.mul(in).add(input);
    Shape wide = Shape.of(block, weights.dim(1));
    Tensor sent = column(taken(x, flat)).cast(sum.dtype());
    Tensor w = taken(weights, weights.dim(0) == in ? input : flat).cast(sum.dtype());
    Tensor each = sent.mul(w);
    // the last block may be longer than the rest of the list
    Tensor listed = Numbers.range("eventProduct", 0, block).add(first).lt(p.get(4));
    Tensor updates = column(listed).broadcastTo(wide).select(each, each.like(0).broadcastTo(wide));
    Tensor to = taken(targets, targets.dim(0) == in ? input : flat);
    if (examples > 1) {
      Tensor mine = to.add(column(example.mul(out)));
      to = to.lt(out).and(to.ge(0)).select(mine, mine.like(sum.dim(0)).broadcastTo(wide));
    }
    return op(new Index.Scatter(0, 0, Index.Combine.ADD), sum, to, updates);
  }

  private static Tensor column(Tensor t) {
    return t.reshape(t.dim(0), 1);
  }

  private static Tensor taken(Tensor from, Tensor at) {
    return op(new Index.Gather(0, 0), from, at);
  }

  // the ops themselves: their methods refuse indices out of range, which are dropped here
  private static Tensor op(Index op, Tensor... operands) {
    return Tensor.apply(op, List.of(operands)).getFirst();
  }

  private static List<Tensor> params(Builder b, List<Tensor> like) {
    return like.stream().<Tensor>map(t -> b.tracer(b.param(t.type(), Role.INPUT, ""))).toList();
  }

  /** {@code dy = Σ dx_i w_ik + x_i dw_ik}. */
  @Override
  public List<Tensor> tangents(List<Tensor> in, List<Tensor> outs, List<Tensor> tangents) {
    Given.all("EventProduct.tangents", "in", in);
    Given.all("EventProduct.tangents", "outs", outs);
    Given.all("EventProduct.tangents", "tangents", tangents);
    List<Tensor> t =
        Stream.of(in.get(0), in.get(1), tangents.get(0), tangents.get(1))
            .map(RoundOnce::wide)
            .toList();
    Tensor sent = behind(t.get(2)).mul(t.get(1)).add(behind(t.get(0)).mul(t.get(3)));
    Tensor targets = in.get(2);
    int axis = t.getFirst().rank() - 1;
    // one more output for the places of no connection
    Shape shape = t.getFirst().shape().with(axis, out + 1);
    Tensor zeros = HostTensor.full(new TensorType(sent.dtype(), shape), 0);
    int paired = targets.rank() == 3 ? 1 : 0;
    Tensor y = op(new Index.Scatter(axis, paired, Index.Combine.ADD), zeros, targets, sent);
    return List.of(y.slice(axis, 0, out).cast(in.getFirst().dtype()));
  }

  private static Tensor behind(Tensor t) {
    return t.expandDims(t.rank());
  }

  @Override
  public Tensor dataAtWeights(Tensor x, List<Tensor> tables) {
    Given.given("EventProduct.dataAtWeights", "x", x);
    Given.all("EventProduct.dataAtWeights", "tables", tables);
    return column(x).broadcastTo(tables.getFirst().shape());
  }

  @Override
  public Tensor resultAtWeights(Tensor y, List<Tensor> tables) {
    Given.given("EventProduct.resultAtWeights", "y", y);
    Given.all("EventProduct.resultAtWeights", "tables", tables);
    return taken(y.pad(List.of(0), List.of(1), 0), tables.getFirst());
  }
}
