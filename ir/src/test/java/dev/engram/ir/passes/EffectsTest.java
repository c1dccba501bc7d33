package dev.engram.ir.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.RunException;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.Verifier;
import dev.engram.ir.interpret.Interpreter;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Effect;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What ops of outside authors do besides giving results is kept where they do it. */
class EffectsTest {
  private static final TensorType INT = TensorType.scalar(DType.I32);

  /** Gives {@code x} back, and stops the run when it is not below {@code high}. */
  record Below(int high) implements Custom {
    @Override
    public String mnemonic() {
      return "below";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      Tensor more = in.getFirst().add(1);
      Check check = new Check.Range("x", -9, high + 1L);
      return List.of(Tensor.apply(check, List.of(more)).getFirst().sub(1));
    }
  }

  /** The same without an expansion, which says itself what it does. */
  record Says(Set<Effect> effects) implements Custom {
    @Override
    public String mnemonic() {
      return "says";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return in;
    }

    @Override
    public Set<Effect> effects(List<TensorType> operands) {
      return effects;
    }
  }

  /** Tells {@code x} in the order that it gets, and gives the next order. */
  record Tells() implements Custom {
    @Override
    public String mnemonic() {
      return "tells";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      return List.of(in.getFirst());
    }

    @Override
    public List<Tensor> expand(List<Tensor> in) {
      Tensor always = HostTensor.of(new boolean[] {true}).reshape();
      return Tensor.apply(PRINT, List.of(in.get(0), always, in.get(1)));
    }
  }

  private static final HostEffect PRINT = new HostEffect.Print("x = {}");
  private static final TensorType BOOL = TensorType.scalar(DType.BOOL);

  private final Builder b = new Builder("f");

  private static HostTensor of(int x) {
    return HostTensor.of(new int[] {x}).reshape().host();
  }

  private static HostTensor of(boolean x) {
    return HostTensor.of(new boolean[] {x}).reshape().host();
  }

  private static List<String> lines(Graph g, HostTensor... in) {
    List<String> lines = new ArrayList<>();
    HostEffect.to(lines::add, () -> Interpreter.run(g, List.of(in)));
    return lines;
  }

  private static String error(Graph g, HostTensor... in) {
    return assertThrows(RunException.class, () -> Interpreter.run(g, List.of(in))).getMessage();
  }

  @Test
  void effectsAreThoseOfTheExpansion() {
    assertEquals(Set.of(Effect.CHECK), new Below(3).effects(List.of(INT)));
    assertEquals(Set.of(), new Elementwise(Rows.ADD).effects(List.of(INT, INT)));
  }

  /** What the author says is what counts. */
  @Test
  void anAuthorMaySayThem() {
    for (Set<Effect> said : List.of(Set.<Effect>of(), Set.of(Effect.CHECK))) {
      Builder own = new Builder("f");
      Var x = own.param(INT, Role.INPUT, "");
      own.emit(new Says(said), List.of(x));
      Graph g = own.build(List.of(x));
      assertEquals(said.size(), Dce.run(g).eqns().size(), said.toString());
    }
  }

  /** Before the run there is no error: the branch with it may never be taken. */
  @Test
  void aCheckOnAConstantIsLeftForTheRun() {
    Builder yes = new Builder("yes");
    Value big = Lit.ofLong(INT, 7);
    Graph onTrue = yes.build(yes.emit(new Below(5), List.of(big)));
    Graph onFalse = new Builder("no").build(List.of(Lit.ofLong(INT, 1)));
    Var p = b.param(TensorType.scalar(DType.BOOL), Role.INPUT, "");
    Graph g = b.build(b.emit(new Control.Cond(onTrue, onFalse), List.of(p)));
    Graph done = Verifier.verify(Pipeline.standard().run(g));
    HostTensor no = HostTensor.of(new boolean[] {false}).reshape().host();
    HostTensor taken = HostTensor.of(new boolean[] {true}).reshape().host();
    assertEquals(1, Interpreter.run(done, List.of(no)).getFirst().getLong(0));
    assertTrue(error(done, taken).contains("7") || error(done, taken).contains("8"));
  }

  /**
   * A step of a loop fails at its own check before the author's op does, whose operand is the same
   * at every step: with and without passes.
   */
  @Test
  void aCheckInsideAnAuthorsOpDoesNotOvertakeAnother() {
    Builder step = new Builder("step");
    Var k = step.param(INT, Role.INPUT, "");
    Var c = step.param(INT, Role.INPUT, "");
    Var first = step.emit(new Check.Range("carry", 0, 3), List.of(c)).getFirst();
    Var second = step.emit(new Below(5), List.of(k)).getFirst();
    Graph body = step.build(List.of(step.emit1(new Elementwise(Rows.ADD), first, second)));
    Var x = b.param(INT, Role.INPUT, "");
    Var h = b.param(INT, Role.INPUT, "");
    Graph g = b.build(b.emit(new Control.Scan(body, 1, 1, 2, false), List.of(x, h)));
    Graph moved = LoopInvariantCodeMotion.run(g);
    assertTrue(error(g, of(7), of(4)).contains("carry"), error(g, of(7), of(4)));
    assertEquals(error(g, of(7), of(4)), error(moved, of(7), of(4)));
    assertEquals(error(g, of(7), of(1)), error(moved, of(7), of(1)));
    assertEquals(error(g, of(1), of(2)), error(moved, of(1), of(2)));
    List<HostTensor> fine = List.of(of(1), of(0));
    assertEquals(
        Interpreter.run(g, fine).getFirst().item(), Interpreter.run(moved, fine).getFirst().item());
  }

  /** Each is told, though both say the same of the same: only what has no effect is shared. */
  @Test
  void equalNoticesAreNotOne() {
    Var order = b.param(INT, Role.INPUT, "");
    Var x = b.param(INT, Role.INPUT, "");
    Value always = Lit.ofLong(BOOL, 1);
    List<Value> outs = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      outs.add(b.emit1(PRINT, order, always, x));
      outs.add(b.emit1(new Tells(), order, x));
      outs.add(b.emit1(new Elementwise(Rows.ADD), x, x));
    }
    Graph g = b.build(outs);
    Graph shared = Cse.run(g);
    assertEquals(List.of("x = 7", "x = 7", "x = 7", "x = 7"), lines(g, of(0), of(7)));
    assertEquals(lines(g, of(0), of(7)), lines(shared, of(0), of(7)));
    assertEquals(5, shared.eqns().size(), "the sums are one");
  }

  /** Where nothing is to be told, an author's op does not tell either; its order goes on. */
  @Test
  void theOrderGoesThroughAnAuthorsOp() {
    Var order = b.param(INT, Role.INPUT, "");
    Var x = b.param(INT, Role.INPUT, "");
    Graph g = b.build(b.emit(new Tells(), List.of(order, x)));
    assertEquals(new EffectTokens(Set.of(0), List.of(0)), EffectTokens.of(g));
    Graph masked = Verifier.verify(EffectTokens.masked(g, 2));
    assertEquals(List.of("x = 7"), lines(masked, of(0), of(7), of(true)));
    assertEquals(List.of(), lines(masked, of(0), of(7), of(false)));
  }
}
