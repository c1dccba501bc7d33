package dev.engram.backend.cpu;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.engram.backend.cpu.RowNest.Fold;
import dev.engram.lower.FoldBlocks;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/**
 * Code that joins the blocks of one fold of a {@link VectorNest} as {@link FoldBlocks} says.
 * Partial results of earlier blocks wait in scratch memory, one after the other.
 */
final class VectorBlocks {
  private static final ClassDesc BLOCKS = FoldBlocks.class.describeConstable().orElseThrow();

  private final CodeBuilder c;
  private final long bytes;

  // locals
  private final int blocks;
  private final int left;
  private final int waiting;

  /**
   * What is done with partial results that wait from a byte offset on, a local, in waiting memory.
   */
  @FunctionalInterface
  interface At {
    void emit(int offset);
  }

  /**
   * Emits code that makes the walk.
   *
   * @param bytes of the partial results of one block
   */
  VectorBlocks(CodeBuilder c, Fold fold, long bytes) {
    this.c = c;
    this.bytes = bytes;
    this.blocks = c.allocateLocal(TypeKind.REFERENCE);
    this.left = c.allocateLocal(TypeKind.LONG);
    this.waiting = c.allocateLocal(TypeKind.LONG);
    c.new_(BLOCKS).dup().loadConstant(fold.order().block()).loadConstant(fold.order().share());
    c.invokespecial(BLOCKS, ConstantDescs.INIT_NAME, MethodTypeDesc.of(CD_void, CD_long, CD_long));
    c.astore(blocks);
  }

  /** Emits code before the first point. */
  void start() {
    c.aload(blocks).invokevirtual(BLOCKS, "start", MethodTypeDesc.of(CD_void));
    begin();
    c.lconst_0().lstore(waiting);
  }

  private void begin() {
    c.aload(blocks).invokevirtual(BLOCKS, "left", MethodTypeDesc.of(CD_long)).lstore(left);
  }

  /** Emits code that pushes the points to the block's end. */
  void pushLeft() {
    c.lload(left);
  }

  /** Emits code that pushes the number of bytes that wait. */
  void pushWaiting() {
    c.lload(waiting);
  }

  /**
   * Emits code after some points, no more than were left.
   *
   * @param pushPoints pushes their number, a long
   * @param add combines partial results that wait with those of the block
   * @param push puts the block's partial results there, and the start value in their place
   */
  void done(Emission.Part pushPoints, At add, At push) {
    Label within = c.newLabel();
    c.lload(left);
    pushPoints.emit();
    c.lsub().dup2().lstore(left);
    c.lconst_0().lcmp().ifgt(within);
    int sums = c.allocateLocal(TypeKind.INT);
    int i = c.allocateLocal(TypeKind.INT);
    c.aload(blocks).invokevirtual(BLOCKS, "next", MethodTypeDesc.of(CD_int)).istore(sums);
    Emission.loop(c, i, c::iconst_0, () -> c.iload(sums), 1, () -> addLast(add));
    push.emit(waiting);
    c.lload(waiting).loadConstant(bytes).ladd().lstore(waiting);
    begin();
    c.labelBinding(within);
  }

  /** Emits code after the last point, which leaves the partial results of all. */
  void finish(At add) {
    Label head = c.newLabel();
    Label done = c.newLabel();
    c.labelBinding(head);
    c.lload(waiting).lconst_0().lcmp().ifle(done);
    addLast(add);
    c.goto_(head);
    c.labelBinding(done);
  }

  private void addLast(At add) {
    c.lload(waiting).loadConstant(bytes).lsub().lstore(waiting);
    add.emit(waiting);
  }
}
