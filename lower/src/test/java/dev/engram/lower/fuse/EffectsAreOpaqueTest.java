package dev.engram.lower.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Role;
import dev.engram.ir.TensorType;
import dev.engram.ir.Var;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Effect;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Op;
import dev.engram.ir.op.OptimizationBarrier;
import dev.engram.ir.op.Rows;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an op does besides giving results is done once, at its place: fusion leaves it alone. */
class EffectsAreOpaqueTest {
  private static final TensorType INT = TensorType.scalar(DType.I32);
  private static final TensorType FLOATS = TensorType.of(DType.F32, 3);
  private static final TensorType BOOL = TensorType.scalar(DType.BOOL);
  private static final Op CHECK = new Check.Finite("x");
  private static final Op BARRIER = new OptimizationBarrier();

  private static Eqn eqn(Op op, TensorType... types) {
    Builder b = new Builder("f");
    List<Var> in = List.of(types).stream().map(t -> b.param(t, Role.INPUT, "")).toList();
    return b.build(b.emit(op, in)).eqns().getFirst();
  }

  private static Graph checked() {
    Builder b = new Builder("checked");
    return b.build(b.emit(CHECK, List.of(b.param(FLOATS, Role.INPUT, ""))));
  }

  @Test
  void whatHasAnEffectIsOpaque() {
    List<Eqn> acting =
        List.of(
            eqn(CHECK, FLOATS),
            eqn(new Check.Range("x", 0, 3), INT),
            eqn(new HostEffect.Print("{}"), INT, BOOL, FLOATS),
            eqn(BARRIER, FLOATS, INT),
            eqn(new Control.Cond(checked(), checked()), BOOL, FLOATS));
    for (Eqn e : acting) {
      assertFalse(Effect.of(e).isEmpty(), e.op().mnemonic());
      assertEquals(AccessMaps.Kind.OPAQUE, AccessMaps.kind(e), e.op().mnemonic());
    }
    for (Eqn e : List.of(eqn(new Elementwise(Rows.NEG), FLOATS), eqn(turned(), FLOATS))) {
      assertTrue(Effect.of(e).isEmpty(), e.op().mnemonic());
      assertNotEquals(AccessMaps.Kind.OPAQUE, AccessMaps.kind(e), e.op().mnemonic());
    }
  }

  /** Checks and barriers alone are seen through: a notice gives another value than it gets. */
  @Test
  void whatChecksOrWaitsGivesItsOperandBack() {
    assertTrue(AccessMaps.givesBack(eqn(CHECK, FLOATS)));
    assertTrue(AccessMaps.givesBack(eqn(BARRIER, FLOATS, INT)));
    assertFalse(AccessMaps.givesBack(eqn(new HostEffect.Print("{}"), INT, BOOL, FLOATS)));
    assertFalse(AccessMaps.givesBack(eqn(new Control.Cond(checked(), checked()), BOOL, FLOATS)));
    assertFalse(AccessMaps.givesBack(eqn(turned(), FLOATS)));
  }

  private static Op turned() {
    return new Move.Reverse(List.of(0));
  }
}
