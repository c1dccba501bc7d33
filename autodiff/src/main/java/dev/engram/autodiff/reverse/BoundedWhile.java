package dev.engram.autodiff.reverse;

import dev.engram.autodiff.facts.Terms;
import dev.engram.ir.Builder;
import dev.engram.ir.Graph;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import java.util.List;

/**
 * A bounded while loop as a scan of as many steps as the bound, each of which does nothing once the
 * condition fails: what its reverse derivative is taken of. Once false, the condition stays false,
 * since the carries it is computed from stay as they are.
 */
public final class BoundedWhile {
  private BoundedWhile() {}

  public static Control.Scan asScan(Control.While op) {
    Builder b = new Builder(op.body().name());
    List<Value> args = Terms.params(b, op.body());
    Value goesOn = b.inline(op.condition(), args).getFirst();
    Builder stays = new Builder("done");
    List<Value> same = Terms.params(stays, op.body());
    Graph done = stays.build(same.subList(op.consts(), same.size()));
    List<Value> operands = new java.util.ArrayList<>(List.of(goesOn));
    operands.addAll(args);
    Graph body = b.build(b.emit(new Control.Cond(op.body(), done), operands));
    return new Control.Scan(body, op.consts(), op.carry(), op.bound().orElseThrow(), false);
  }
}
