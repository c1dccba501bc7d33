package dev.engram.backend.cpu.vector;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.engram.backend.cpu.code.HiddenClassWriter;
import dev.engram.backend.cpu.nest.RowNest.Along;
import dev.engram.backend.cpu.nest.RowNest.Fold;
import dev.engram.backend.cpu.run.Scratch;
import dev.engram.lower.FoldBlocks;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/**
 * Emits code that joins the blocks of one fold of a {@link VectorNest} in the order of {@link
 * FoldBlocks}. Partial results of earlier blocks wait in scratch memory, one after the other. Those
 * of the current block follow them there when rows lie along a parallel axis; otherwise they are
 * vectors in locals.
 */
final class VectorBlocks {
  private static final ClassDesc BLOCKS = HiddenClassWriter.desc(FoldBlocks.class);

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
   * @param number index among the nest's folds with blocks
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
    c.invokevirtual(Scratch.DESC, "walk", MethodTypeDesc.of(BLOCKS, CD_int));
    c.astore(blocks);
  }

  /** Returns the bytes of the partial results of one block. */
  private static long bytes(VectorNest host, Fold f) {
    return f.lanes() * (host.nest.along() == Along.ROW ? host.rowBytes : host.size);
  }

  /** Returns the bytes of all blocks that can wait, with room for the current one. */
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

  /** Emits code that pushes the number of points left in the block, a long. */
  void pushLeft() {
    c.lload(left);
  }

  /** Emits code that pushes the bytes of the blocks that wait, a long. */
  void pushWaiting() {
    c.lload(waiting);
  }

  /** Emits code after some points of the block; {@code pushPoints} pushes their number, a long. */
  void done(HiddenClassWriter.Part pushPoints) {
    c.lload(left);
    pushPoints.emit();
    c.lsub().lstore(left);
  }

  // ---- rows along a parallel axis

  /** Emits code before points, which makes a block that has ended wait. */
  void rowsReady() {
    ready(
        () -> {
          int top = top();
          joinRows(top, true);
          c.lload(top).loadConstant(bytes).ladd().lstore(waiting);
        });
  }

  /**
   * Emits code after the last point, which leaves the partial results of all blocks in the first
   * rows.
   */
  void rowsFinished() {
    int top = c.allocateLocal(TypeKind.LONG);
    c.lconst_0().lstore(top);
    joinRows(top, false);
    c.lload(top).lstore(waiting);
  }

  /**
   * Emits code that joins the rows that wait from {@code top} on with those of the current block,
   * at the place of the first; if another block follows, its initial value comes after them.
   */
  private void joinRows(int top, boolean another) {
    long state = host.rowOffset.get(fold.states().getFirst());
    int j = c.allocateLocal(TypeKind.INT);
    int end = Math.toIntExact(bytes);
    int row = c.allocateLocal(TypeKind.LONG);
    int at = c.allocateLocal(TypeKind.LONG);
    int first = c.allocateLocal(TypeKind.LONG);
    int sum = c.allocateLocal(TypeKind.REFERENCE);
    HiddenClassWriter.loop(
        c,
        j,
        c::iconst_0,
        () -> c.loadConstant(end),
        host.vectorBits / 8,
        () -> {
          c.loadConstant(state).iload(j).i2l().ladd().lstore(row);
          c.lload(row).lload(waiting).ladd().lstore(at);
          c.lload(row).lload(top).ladd().lstore(first);
          load(() -> c.lload(at));
          c.astore(sum);
          Label head = c.newLabel();
          Label joined = c.newLabel();
          c.labelBinding(head);
          c.lload(at).lload(first).lcmp().ifle(joined);
          c.lload(at).loadConstant(bytes).lsub().lstore(at);
          load(() -> c.lload(at));
          c.aload(sum);
          host.combine(fold);
          c.astore(sum);
          c.goto_(head);
          c.labelBinding(joined);
          c.aload(sum);
          store(() -> c.lload(first));
          if (another) {
            host.pushStart(fold);
            store(() -> c.lload(first).loadConstant(bytes).ladd());
          }
        });
  }

  // ---- rows along the folded axis

  /**
   * Emits code before points, which makes a block that has ended wait.
   *
   * @param partial locals with the vectors of partial results
   */
  void vectorsReady(int[] partial) {
    ready(
        () -> {
          int top = top();
          joinVectors(partial, top);
          for (int g = 0; g < partial.length; g++) {
            int group = g;
            c.aload(partial[g]);
            store(() -> pushVector(group));
            host.pushStart(fold);
            c.astore(partial[g]);
          }
          c.lload(top).loadConstant(bytes).ladd().lstore(waiting);
        });
  }

  /**
   * Emits code after the last point, which leaves the partial results of all blocks in the locals.
   */
  void vectorsFinished(int[] partial) {
    int top = c.allocateLocal(TypeKind.LONG);
    c.lconst_0().lstore(top);
    joinVectors(partial, top);
  }

  // The vectors that wait from top on are added, last first, and removed.
  private void joinVectors(int[] partial, int top) {
    Label head = c.newLabel();
    Label joined = c.newLabel();
    c.labelBinding(head);
    c.lload(waiting).lload(top).lcmp().ifle(joined);
    c.lload(waiting).loadConstant(bytes).lsub().lstore(waiting);
    for (int g = 0; g < partial.length; g++) {
      int group = g;
      load(() -> pushVector(group));
      c.aload(partial[g]);
      host.combine(fold);
      c.astore(partial[g]);
    }
    c.goto_(head);
    c.labelBinding(joined);
  }

  private void pushVector(int group) {
    long offset = host.rowOffset.get(fold.waiting()) + (long) group * host.vectorBits / 8;
    c.loadConstant(offset).lload(waiting).ladd();
  }

  // ---- both

  private void ready(HiddenClassWriter.Part push) {
    Label within = c.newLabel();
    c.lload(left).lconst_0().lcmp().ifgt(within);
    push.emit();
    begin();
    c.labelBinding(within);
  }

  /** Emits code that goes to the next block; returns a local with the bytes that still wait. */
  private int top() {
    int top = c.allocateLocal(TypeKind.LONG);
    c.lload(waiting);
    c.aload(blocks).invokevirtual(BLOCKS, "next", MethodTypeDesc.of(CD_int)).i2l();
    c.loadConstant(bytes).lmul().lsub().lstore(top);
    return top;
  }

  private void load(HiddenClassWriter.Part pushOffset) {
    VectorCode.load(c, fold.dtype(), host.vectorBits, () -> at(pushOffset), -1);
  }

  private void store(HiddenClassWriter.Part pushOffset) {
    VectorCode.store(c, fold.dtype(), () -> at(pushOffset), -1);
  }

  private void at(HiddenClassWriter.Part pushOffset) {
    c.aload(host.scratchSegment);
    pushOffset.emit();
  }
}
