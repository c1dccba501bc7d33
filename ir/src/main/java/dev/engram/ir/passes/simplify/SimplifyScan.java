package dev.engram.ir.passes.simplify;

import dev.engram.ir.Lit;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Move;
import dev.engram.ir.passes.rewrite.RewriteRule;
import dev.engram.ir.passes.rewrite.RuleRewriter;
import dev.engram.ir.passes.rewrite.ScanParts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Rules for scans: loops of at most one step, and what the loop does not change. */
final class SimplifyScan {
  private final RuleRewriter r;
  private final Control.Scan op;
  private final ScanParts form;
  private final Value[] results;

  private SimplifyScan(RuleRewriter r, RewriteRule.Site s) {
    this.r = r;
    this.op = (Control.Scan) s.op();
    this.form = new ScanParts(op, s.in());
    this.results = new Value[s.types().size()];
  }

  private enum Rule implements EnumRule {
    SCAN_OF_NO_STEPS("scan of no steps = the carries as they are, and nothing stacked"),
    SCAN_OF_ONE_STEP("scan of one step = its body"),
    SCAN_UNCHANGED_CARRY("a carry that the body gives back as it was is a constant of the loop"),
    SCAN_SAME_SLICES("an input of equal slices is a constant of the loop"),
    SCAN_LITERAL("a constant of the loop that is a literal stands in the body"),
    SCAN_KNOWN_RESULT("a stacked result that the body does not compute is known outside");

    private final String says;

    Rule(String says) {
      this.says = says;
    }

    @Override
    public String says() {
      return says;
    }

    @Override
    public Optional<List<Value>> at(RuleRewriter r, RewriteRule.Site s) {
      Control.Scan op = (Control.Scan) s.op();
      return switch (this) {
        case SCAN_OF_NO_STEPS -> op.length() == 0 ? Optional.of(never(op, s)) : Optional.empty();
        case SCAN_OF_ONE_STEP ->
            op.length() == 1 ? Optional.of(once(r, op, s.in())) : Optional.empty();
        case SCAN_UNCHANGED_CARRY, SCAN_SAME_SLICES, SCAN_LITERAL, SCAN_KNOWN_RESULT -> {
          SimplifyScan scan = new SimplifyScan(r, s);
          yield scan.changes(this) ? Optional.of(scan.simpler()) : Optional.empty();
        }
      };
    }
  }

  static final List<RewriteRule> RULES = EnumRule.tableAfterNoElements(Rule.values());

  private boolean changes(Rule rule) {
    return switch (rule) {
      case SCAN_UNCHANGED_CARRY -> form.carries.removeIf(this::isUnchanged);
      case SCAN_SAME_SLICES -> form.xs.removeIf(this::isTheSameAtEveryStep);
      case SCAN_LITERAL -> form.consts.removeIf(this::isLiteral);
      case SCAN_KNOWN_RESULT -> form.ys.removeIf(this::isKnownOutside);
      case SCAN_OF_NO_STEPS, SCAN_OF_ONE_STEP -> false;
    };
  }

  private static List<Value> never(Control.Scan op, RewriteRule.Site s) {
    List<Value> out = new ArrayList<>(s.in().subList(op.consts(), op.consts() + op.carry()));
    s.types().subList(op.carry(), s.types().size()).forEach(t -> out.add(Lit.zero(t)));
    return out;
  }

  private static List<Value> once(RuleRewriter r, Control.Scan op, List<Value> in) {
    List<Value> args = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      Shape slice = op.body().params().get(i).type().shape();
      boolean stacked = i >= op.consts() + op.carry();
      args.add(stacked ? r.apply1(new Move.Reshape(slice), in.get(i)) : in.get(i));
    }
    List<Value> out = new ArrayList<>();
    for (Value v : r.inline(op.body(), args)) {
      boolean stacked = out.size() >= op.carry();
      out.add(stacked ? r.apply1(new Move.Reshape(v.type().shape().insert(0, 1)), v) : v);
    }
    return out;
  }

  private List<Value> simpler() {
    List<Value> rest = r.apply(form.op(), form.operands());
    List<Integer> positions = form.results();
    for (int i = 0; i < rest.size(); i++) {
      results[positions.get(i)] = rest.get(i);
    }
    return Arrays.asList(results);
  }

  private boolean isUnchanged(ScanParts.Carry c) {
    if (c.out().equals(c.param().var())) {
      form.consts.add(new ScanParts.Input(c.param(), c.operand()));
      results[c.result()] = c.operand();
      return true;
    }
    if (c.out() instanceof Lit && c.out().equals(c.operand())) {
      form.replaced.put(c.param().var(), c.out());
      results[c.result()] = c.operand();
      return true;
    }
    return false;
  }

  private boolean isTheSameAtEveryStep(ScanParts.Input x) {
    TensorType slice = x.param().type();
    if (x.operand() instanceof Lit lit) {
      form.replaced.put(x.param().var(), new Lit(slice, lit.bits()));
      return true;
    }
    if (r.op(x.operand()) instanceof Move.Broadcast b && !b.axes().contains(0)) {
      List<Integer> axes = b.axes().stream().map(a -> a - 1).toList();
      Value once = r.apply1(new Move.Broadcast(slice.shape(), axes), r.arg(x.operand(), 0));
      form.consts.add(new ScanParts.Input(x.param(), once));
      return true;
    }
    return false;
  }

  private boolean isLiteral(ScanParts.Input c) {
    if (c.operand() instanceof Lit) {
      form.replaced.put(c.param().var(), c.operand());
      return true;
    }
    return false;
  }

  private boolean isKnownOutside(ScanParts.Output y) {
    if (y.out() instanceof Lit lit) {
      Shape stacked = lit.type().shape().insert(0, op.length());
      results[y.result()] = new Lit(lit.type().with(stacked), lit.bits());
      return true;
    }
    Map<Value, Value> stacked = new HashMap<>();
    form.xs.forEach(x -> stacked.put(x.param().var(), x.operand()));
    if (stacked.containsKey(y.out())) {
      results[y.result()] = stacked.get(y.out());
      return true;
    }
    Map<Value, Value> fixed = new HashMap<>();
    form.consts.forEach(c -> fixed.put(c.param().var(), c.operand()));
    if (fixed.containsKey(y.out())) {
      Value once = fixed.get(y.out());
      Shape shape = once.type().shape().insert(0, op.length());
      List<Integer> axes = IntStream.range(1, shape.rank()).boxed().toList();
      results[y.result()] = r.apply1(new Move.Broadcast(shape, axes), once);
      return true;
    }
    return false;
  }
}
