package dev.engram.lower.lanes;

import dev.engram.ir.DType;
import dev.engram.ir.checks.Given;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A straight-line lane program: a hash-consed DAG of primitive operations. Operations up to {@link
 * Op#EITHER} exist as scalar bytecode and as Vector API calls, with bit-identical results; the
 * others are scalar only. A bool lane is a truth value.
 */
public final class LaneProgram {
  /** The primitive operations, with their operands in order. */
  public enum Op {
    /** The row element of a slot's row; {@code bits} is the row's number. */
    LOAD,
    /** The accumulator of a fold; {@code bits} is the row's number. */
    STATE,
    /** A constant; {@code bits} are its raw bits. */
    CONST,
    /** (a, b): a + b. */
    ADD,
    /** (a, b): a - b. */
    SUB,
    /** (a, b): a b. */
    MUL,
    /** (a, b): a / b. */
    DIV,
    /** (a, b, c): a b + c with one rounding. */
    FMA,
    /** (a): √a. */
    SQRT,
    /** (a): |a|. */
    ABS,
    /** (a): -a. */
    NEG,
    /** (a, b): the greater, NaN where one is. */
    MAX,
    /** (a, b): the lesser, NaN where one is. */
    MIN,
    /** (mask, yes, no). */
    SELECT,
    /**
     * (mask, x, fast): {@code fast}, but the elementwise row's own function of x where the mask is
     * set.
     */
    PATCH,
    /** (i): the float whose raw bits are the integer. */
    FROM_BITS,
    /** (a): the raw bits of a float, as an integer of its width. */
    TO_BITS,
    /** (a, b): integers bit by bit. */
    AND,
    /** (a, b): integers bit by bit. */
    OR,
    /** (a, b): integers bit by bit. */
    XOR,
    /** (a): an integer shifted to the left by {@code bits}. */
    SHL,
    /** (a): an integer shifted to the right by {@code bits}, filled with zeros. */
    USHR,
    /** (a, b): whether {@code a < b}. */
    LT,
    /** (a, b): whether a ≤ b. */
    LE,
    /** (a, b): whether a = b. */
    EQ,
    /** (a, b): whether a ≠ b. */
    NE,
    /** (mask): its opposite. */
    NOT,
    /** (mask, mask): true where both are. */
    BOTH,
    /** (mask, mask): true where one is. */
    EITHER,
    /** The index r of the reduction point, as i32. */
    COUNTER,
    /** The value of an index map, as i64, or i32 that wraps; {@code bits} is the slot. */
    INDEX,
    /** (a): the value in the element type of the result. */
    CONVERT,
    /** The scalar function of an elementwise row; the payload is that row. */
    CALL,
    /** (index): an element at a computed position; the payload is a {@link Gather}. */
    GATHER,
    /** (key0, key1); {@code bits} is the slot of the index map. */
    RANDOM
  }

  /** The memory that {@link Op#GATHER} reads; {@code stride} in bytes. */
  public record Gather(int slot, long stride, long limit) {}

  /** One operation. */
  public static final class Node {
    /** Its position in {@link LaneProgram#nodes}, behind its operands. */
    public final int id;

    /** What is done. */
    public final Op op;

    /** Of the result; {@code bool} for a truth value. */
    public final DType dtype;

    /** The operands. */
    public final List<Node> args;

    /** A constant's raw bits, a shift distance, or a number that the operation defines. */
    public final long bits;

    private final @Nullable Object payload;

    Node(int id, Op op, DType dtype, List<Node> args, long bits, @Nullable Object payload) {
      this.id = id;
      this.op = op;
      this.dtype = dtype;
      this.args = args;
      this.bits = bits;
      this.payload = payload;
    }

    /**
     * What {@link Op#CALL}, {@link Op#PATCH} and {@link Op#GATHER} need besides: the row, or the
     * {@link Gather}.
     */
    public Object payload() {
      return Objects.requireNonNull(payload);
    }

    /** Operand {@code i}. */
    public Node arg(int i) {
      return args.get(i);
    }

    /** True for elements of 8 bytes. */
    public boolean isWide() {
      return dtype.bytes() == 8;
    }
  }

  private record Key(Op op, DType dtype, List<Integer> args, long bits, @Nullable Object payload) {}

  private final List<Node> nodes = new ArrayList<>();
  private final Map<Key, Node> known = new HashMap<>();

  /** All nodes, operands before what uses them. */
  public List<Node> nodes() {
    return nodes;
  }

  /** The node of this operation, which is made once. */
  public Node node(Op op, DType dtype, long bits, Node... args) {
    Given.given("LaneProgram.node", "op", op);
    Given.given("LaneProgram.node", "dtype", dtype);
    Given.given("LaneProgram.node", "args", args);
    return made(op, dtype, bits, null, args);
  }

  /** The same, for an operation that needs more than operands: see {@link Node#payload}. */
  public Node nodeWith(Op op, DType dtype, Object payload, Node... args) {
    Given.given("LaneProgram.nodeWith", "op", op);
    Given.given("LaneProgram.nodeWith", "dtype", dtype);
    Given.given("LaneProgram.nodeWith", "payload", payload);
    Given.given("LaneProgram.nodeWith", "args", args);
    return made(op, dtype, 0, payload, args);
  }

  private Node made(Op op, DType dtype, long bits, @Nullable Object payload, Node... args) {
    List<Node> operands = List.of(args);
    Key key = new Key(op, dtype, operands.stream().map(a -> a.id).toList(), bits, payload);
    Node n = known.get(key);
    if (n == null) {
      n = new Node(nodes.size(), op, dtype, operands, bits, payload);
      nodes.add(n);
      known.put(key, n);
    }
    return n;
  }

  private Node like(Op op, Node a, Node... more) {
    Node[] args = new Node[more.length + 1];
    args[0] = a;
    System.arraycopy(more, 0, args, 1, more.length);
    return node(op, a.dtype, 0, args);
  }

  private Node mask(Op op, Node... args) {
    return node(op, DType.BOOL, 0, args);
  }

  /** An element of row {@code row}. */
  public Node load(DType dtype, int row) {
    Given.given("LaneProgram.load", "dtype", dtype);
    return node(Op.LOAD, dtype, row);
  }

  /** The accumulator of the fold with row {@code row}. */
  public Node state(DType dtype, int row) {
    Given.given("LaneProgram.state", "dtype", dtype);
    return node(Op.STATE, dtype, row);
  }

  /** The index of the reduction point. */
  public Node counter() {
    return node(Op.COUNTER, DType.I32, 0);
  }

  /** A constant of these raw bits. */
  public Node constant(DType dtype, long bits) {
    Given.given("LaneProgram.constant", "dtype", dtype);
    return node(Op.CONST, dtype, bits);
  }

  Node number(DType dtype, double v) {
    return constant(dtype, dtype.bitsOf(v));
  }

  /** a + b. */
  public Node add(Node a, Node b) {
    Given.given("LaneProgram.add", "a", a);
    Given.given("LaneProgram.add", "b", b);
    return like(Op.ADD, a, b);
  }

  Node sub(Node a, Node b) {
    return like(Op.SUB, a, b);
  }

  /** a b. */
  public Node mul(Node a, Node b) {
    Given.given("LaneProgram.mul", "a", a);
    Given.given("LaneProgram.mul", "b", b);
    return like(Op.MUL, a, b);
  }

  Node div(Node a, Node b) {
    return like(Op.DIV, a, b);
  }

  /** a·b + c with one rounding. */
  public Node fma(Node a, Node b, Node c) {
    Given.given("LaneProgram.fma", "a", a);
    Given.given("LaneProgram.fma", "b", b);
    Given.given("LaneProgram.fma", "c", c);
    return like(Op.FMA, a, b, c);
  }

  Node sqrt(Node a) {
    return like(Op.SQRT, a);
  }

  Node abs(Node a) {
    return like(Op.ABS, a);
  }

  Node neg(Node a) {
    return like(Op.NEG, a);
  }

  /** As row {@code max}: NaN where one is. */
  public Node max(Node a, Node b) {
    Given.given("LaneProgram.max", "a", a);
    Given.given("LaneProgram.max", "b", b);
    return like(Op.MAX, a, b);
  }

  /** As row {@code min}: NaN where one is. */
  public Node min(Node a, Node b) {
    Given.given("LaneProgram.min", "a", a);
    Given.given("LaneProgram.min", "b", b);
    return like(Op.MIN, a, b);
  }

  /** {@code yes} where m is true, else {@code no}. */
  public Node select(Node m, Node yes, Node no) {
    Given.given("LaneProgram.select", "m", m);
    Given.given("LaneProgram.select", "yes", yes);
    Given.given("LaneProgram.select", "no", no);
    return node(Op.SELECT, yes.dtype, 0, m, yes, no);
  }

  Node toBits(Node a) {
    return node(Op.TO_BITS, a.isWide() ? DType.I64 : DType.I32, 0, a);
  }

  Node fromBits(Node a) {
    return node(Op.FROM_BITS, a.isWide() ? DType.F64 : DType.F32, 0, a);
  }

  Node and(Node a, Node b) {
    return like(Op.AND, a, b);
  }

  Node or(Node a, Node b) {
    return like(Op.OR, a, b);
  }

  Node xor(Node a, Node b) {
    return like(Op.XOR, a, b);
  }

  Node shl(Node a, int distance) {
    return node(Op.SHL, a.dtype, distance, a);
  }

  Node ushr(Node a, int distance) {
    return node(Op.USHR, a.dtype, distance, a);
  }

  /** Whether {@code a < b}. */
  public Node lt(Node a, Node b) {
    Given.given("LaneProgram.lt", "a", a);
    Given.given("LaneProgram.lt", "b", b);
    return mask(Op.LT, a, b);
  }

  Node le(Node a, Node b) {
    return mask(Op.LE, a, b);
  }

  /** Whether a = b. */
  public Node eq(Node a, Node b) {
    Given.given("LaneProgram.eq", "a", a);
    Given.given("LaneProgram.eq", "b", b);
    return mask(Op.EQ, a, b);
  }

  /** Whether a ≠ b; true where one is NaN. */
  public Node ne(Node a, Node b) {
    Given.given("LaneProgram.ne", "a", a);
    Given.given("LaneProgram.ne", "b", b);
    return mask(Op.NE, a, b);
  }

  Node not(Node a) {
    return mask(Op.NOT, a);
  }

  /** True where both are. */
  public Node both(Node a, Node b) {
    Given.given("LaneProgram.both", "a", a);
    Given.given("LaneProgram.both", "b", b);
    return mask(Op.BOTH, a, b);
  }

  /** True where one is. */
  public Node either(Node a, Node b) {
    Given.given("LaneProgram.either", "a", a);
    Given.given("LaneProgram.either", "b", b);
    return mask(Op.EITHER, a, b);
  }

  /** As {@link dev.engram.ir.op.Cast}. */
  public Node convert(Node a, DType to) {
    Given.given("LaneProgram.convert", "a", a);
    Given.given("LaneProgram.convert", "to", to);
    return a.dtype == to ? a : node(Op.CONVERT, to, 0, a);
  }
}
