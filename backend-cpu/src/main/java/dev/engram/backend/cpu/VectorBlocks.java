package dev.engram.backend.cpu;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.engram.backend.cpu.RowNest.Along;
import dev.engram.backend.cpu.RowNest.Fold;
import dev.engram.lower.FoldBlocks;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.function.IntConsumer;

/**
 * Code that joins the blocks of one fold of a {@link VectorNest} as {@link FoldBlocks} says.
 * Partial results of earlier blocks wait in scratch memory, one after the other. Those of the block
 * itself follow them there when rows lie along a parallel axis; else they are vectors in locals.
 */
final class VectorBlocks {
  private static final ClassDesc BLOCKS = FoldBlocks.class.describeConstable().orElseThrow();

  private final VectorNest host;
  private final CodeBuilder c;
  private final Fold fold;
  private final long bytes;

  // locals: the walk, points left of the block, bytes that wait
  private final int blocks;
  private final int left;
  private final int waiting;

  /**
   * Emits code that fetches the walk.
   *
   * @param number among the nest's folds with blocks
   */
  VectorBlocks(VectorNest host, CodeBuilder c, Fold fold, int number) {
    this.host = host;
    this.c = c;
    this.fold = fold;
    this.bytes = bytes(host, fold);
    this.blocks = c.allocateLocal(TypeKind.REFERENCE);
    this.left = c.allocateLocal(TypeKind.LONG);
    this.waiting = c.allocateLocal(TypeKind.LONG);
    c.aload(VectorNest.SCRATCH).loadConstant(number);
    c.invokevirtual(Emission.SCRATCH, "walk", MethodTypeDesc.of(BLOCKS, CD_int));
    c.astore(blocks);
  }

  /** Bytes of the partial results of one block. */
  private static long bytes(VectorNest host, Fold f) {
    return f.lanes() * (host.nest.along() == Along.ROW ? host.rowBytes : host.size);
  }

  /** Bytes of all that can wait, with room for what follows it. */
  static long scratchBytes(VectorNest host, Fold f) {
    return f.order().waiting(host.nest.foldedPoints()) * bytes(host, f);
  }

  Fold fold() {
    return fold;
  }

  /** Emits code before the first point. */
  void start() {
    c.aload(blocks);
    c.loadConstant(fold.order().block()).loadConstant(fold.order().share());
    c.invokevirtual(BLOCKS, "start", MethodTypeDesc.of(CD_void, CD_long, CD_long));
    begin();
    c.lconst_0().lstore(waiting);
  }

  private void begin() {
    c.aload(blocks).invokevirtual(BLOCKS, "left", MethodTypeDesc.of(CD_long)).lstore(left);
  }

  /** Emits code that pushes the points to the block's end, a long. */
  void pushLeft() {
    c.lload(left);
  }

  /** Emits code that pushes the bytes that wait, a long. */
  void pushWaiting() {
    c.lload(waiting);
  }

  // ---- rows along a parallel axis

  /** Emits code after a point of the fold. */
  void rowsDone() {
    done(c::lconst_1, this::addRows, this::clearRows);
  }

  /** Emits code after the last point, which leaves the partial results of all in the first rows. */
  void rowsFinished() {
    finish(this::addRows);
  }

  // The rows that wait last = themselves combined with the next ones.
  private void addRows() {
    int at = c.allocateLocal(TypeKind.LONG);
    eachVector(
        j -> {
          c.loadConstant((long) host.rowOffset.get(fold.states().getFirst()));
          c.iload(j).i2l().ladd().lload(waiting).ladd().lstore(at);
          load(() -> c.lload(at));
          load(() -> c.lload(at).loadConstant(bytes).ladd());
          host.combine(fold);
          store(() -> c.lload(at));
        });
  }

  // The rows behind those that wait = the start value.
  private void clearRows() {
    long first = host.rowOffset.get(fold.states().getFirst()) + bytes;
    eachVector(
        j -> {
          host.pushStart(fold);
          store(() -> c.loadConstant(first).iload(j).i2l().ladd().lload(waiting).ladd());
        });
  }

  private void eachVector(IntConsumer body) {
    int j = c.allocateLocal(TypeKind.INT);
    int end = Math.toIntExact(bytes);
    Emission.loop(
        c, j, c::iconst_0, () -> c.loadConstant(end), host.vectorBits / 8, () -> body.accept(j));
  }

  // ---- rows along the folded axis

  /**
   * Emits code after some points, no more than were left.
   *
   * @param partial locals with the vectors of partial results
   * @param pushPoints pushes the number of points, a long
   */
  void vectorsDone(int[] partial, Emission.Part pushPoints) {
    done(
        pushPoints,
        () -> addVectors(partial),
        () -> {
          for (int g = 0; g < partial.length; g++) {
            int group = g;
            c.aload(partial[g]);
            store(() -> pushVector(group));
            host.pushStart(fold);
            c.astore(partial[g]);
          }
        });
  }

  /** Emits code after the last point, which leaves the partial results of all in the locals. */
  void vectorsFinished(int[] partial) {
    finish(() -> addVectors(partial));
  }

  private void addVectors(int[] partial) {
    for (int g = 0; g < partial.length; g++) {
      int group = g;
      load(() -> pushVector(group));
      c.aload(partial[g]);
      host.combine(fold);
      c.astore(partial[g]);
    }
  }

  private void pushVector(int group) {
    long offset = host.rowOffset.get(fold.waiting()) + (long) group * host.vectorBits / 8;
    c.loadConstant(offset).lload(waiting).ladd();
  }

  // ---- both

  private void done(Emission.Part pushPoints, Emission.Part addLast, Emission.Part push) {
    Label within = c.newLabel();
    c.lload(left);
    pushPoints.emit();
    c.lsub().dup2().lstore(left);
    c.lconst_0().lcmp().ifgt(within);
    int sums = c.allocateLocal(TypeKind.INT);
    int i = c.allocateLocal(TypeKind.INT);
    c.aload(blocks).invokevirtual(BLOCKS, "next", MethodTypeDesc.of(CD_int)).istore(sums);
    Emission.loop(c, i, c::iconst_0, () -> c.iload(sums), 1, () -> pop(addLast));
    push.emit();
    c.lload(waiting).loadConstant(bytes).ladd().lstore(waiting);
    begin();
    c.labelBinding(within);
  }

  private void finish(Emission.Part addLast) {
    Label head = c.newLabel();
    Label done = c.newLabel();
    c.labelBinding(head);
    c.lload(waiting).lconst_0().lcmp().ifle(done);
    pop(addLast);
    c.goto_(head);
    c.labelBinding(done);
  }

  private void pop(Emission.Part addLast) {
    c.lload(waiting).loadConstant(bytes).lsub().lstore(waiting);
    addLast.emit();
  }

  private void load(Emission.Part pushOffset) {
    VectorCode.load(c, fold.dtype(), host.vectorBits, () -> at(pushOffset), -1);
  }

  private void store(Emission.Part pushOffset) {
    VectorCode.store(c, fold.dtype(), () -> at(pushOffset), -1);
  }

  private void at(Emission.Part pushOffset) {
    c.aload(host.scratchSegment);
    pushOffset.emit();
  }
}
