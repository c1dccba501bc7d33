package dev.engram.ir.op;

import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.TensorType;
import dev.engram.ir.TypeException;
import dev.engram.ir.checks.Given;
import dev.engram.ir.checks.TypeRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Ops that run graphs. Inner graphs are closed: they see nothing but their parameters. */
public sealed interface Control extends Op {

  /** The graphs that it runs, in the order of its attributes; rules for derivatives are not. */
  List<Graph> graphs();

  /** Those of the graphs that it runs. */
  @Override
  default Set<Effect> effects(List<TensorType> operands) {
    Given.all("Control.effects", "operands", operands);
    return Effect.of(graphs());
  }

  /**
   * Runs {@code body} {@code length} times.
   *
   * <p>Operands: {@code consts} loop constants, {@code carry} initial carries, then stacked inputs
   * whose axis 0 has {@code length}. The body takes constants, carries and one slice of each
   * stacked input, and gives the new carries and one slice of each stacked output. Results: last
   * carries, then stacked outputs. With {@code reverse}, steps run from the last slice to the
   * first, and outputs stay at the position of their inputs.
   */
  record Scan(Graph body, int consts, int carry, int length, boolean reverse) implements Control {
    public Scan {
      Given.given("Scan", "body", body);
    }

    @Override
    public List<Graph> graphs() {
      return List.of(body);
    }

    /** Those of the body, unless there is no step. */
    @Override
    public Set<Effect> effects(List<TensorType> operands) {
      Given.all("Scan.effects", "operands", operands);
      return length == 0 ? Set.of() : Effect.of(body);
    }

    @Override
    public String mnemonic() {
      return "scan";
    }

    /** Number of stacked inputs. */
    public int xs() {
      return body.params().size() - consts - carry;
    }

    /** Number of stacked outputs. */
    public int ys() {
      return body.outs().size() - carry;
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      Given.all("Scan.typeOf", "in", in);
      if (length < 0 || consts < 0 || carry < 0 || xs() < 0 || ys() < 0) {
        throw TypeRules.attribute(
            "scan",
            "consts,carry,length",
            consts + "," + carry + "," + length,
            "counts that fit the body");
      }
      TypeRules.arity("scan", in, body.params().size());
      for (int i = 0; i < in.size(); i++) {
        TensorType slice = body.params().get(i).type();
        TensorType want = i < consts + carry ? slice : slice.with(slice.shape().insert(0, length));
        if (!in.get(i).equals(want)) {
          throw TypeRules.bad("scan", i, in.get(i), want.toString());
        }
      }
      List<TensorType> out = new ArrayList<>();
      for (int i = 0; i < body.outs().size(); i++) {
        TensorType t = body.outs().get(i).type();
        if (i < carry) {
          TensorType want = body.params().get(consts + i).type();
          if (!t.equals(want)) {
            throw new TypeException(
                "scan: the body gives carry "
                    + i
                    + " as "
                    + t
                    + ", expected "
                    + want
                    + ", the type it came in with");
          }
          out.add(t);
        } else {
          out.add(t.with(t.shape().insert(0, length)));
        }
      }
      return out;
    }
  }

  /**
   * Runs {@code body} as long as {@code condition} holds, and at most {@code bound} times where
   * there is a bound.
   *
   * <p>Operands: {@code consts} loop constants, then initial carries. Both graphs take all of them;
   * the condition gives one bool, the body the new carries. Results: the last carries. A bounded
   * loop is differentiated in reverse as a {@link Scan} of {@code bound} steps.
   */
  record While(Graph condition, Graph body, int consts, Optional<Integer> bound)
      implements Control {
    public While {
      Given.given("While", "condition", condition);
      Given.given("While", "body", body);
      Given.given("While", "bound", bound);
    }

    @Override
    public List<Graph> graphs() {
      return List.of(condition, body);
    }

    @Override
    public String mnemonic() {
      return "while";
    }

    /** Number of carries. */
    public int carry() {
      return body.params().size() - consts;
    }

    /** The same loop over other graphs, which take constants and carries alike. */
    public While with(Graph otherCondition, Graph otherBody, int otherConsts) {
      return new While(otherCondition, otherBody, otherConsts, bound);
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      if (consts < 0 || carry() < 0) {
        throw TypeRules.attribute("while", "consts", "" + consts, "a count that fits the body");
      }
      if (bound.isPresent() && bound.get() < 0) {
        throw TypeRules.attribute("while", "bound", "" + bound.get(), "at least 0");
      }
      fits("while", "condition", condition, in);
      fits("while", "body", body, in);
      List<TensorType> decides = condition.outTypes();
      if (!decides.equals(List.of(TensorType.scalar(DType.BOOL)))) {
        throw new TypeException("while: the condition gives " + decides + ", expected [bool[]]");
      }
      List<TensorType> want = in.subList(consts, in.size());
      if (!body.outTypes().equals(want)) {
        throw new TypeException(
            "while: the body gives "
                + body.outTypes()
                + ", expected the types of the carries, "
                + want);
      }
      return want;
    }
  }

  /** Operand 0 is a scalar bool; the others go to the branch it picks. */
  record Cond(Graph onTrue, Graph onFalse) implements Control {
    public Cond {
      Given.given("Cond", "onTrue", onTrue);
      Given.given("Cond", "onFalse", onFalse);
    }

    @Override
    public List<Graph> graphs() {
      return List.of(onTrue, onFalse);
    }

    @Override
    public String mnemonic() {
      return "cond";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("cond", in, onTrue.params().size() + 1);
      if (!in.getFirst().equals(TensorType.scalar(DType.BOOL))) {
        throw TypeRules.bad("cond", 0, in.getFirst(), "bool[]");
      }
      fits("cond", "true branch", onTrue, in.subList(1, in.size()));
      fits("cond", "false branch", onFalse, in.subList(1, in.size()));
      if (!onTrue.outTypes().equals(onFalse.outTypes())) {
        throw new TypeException(
            "cond: the false branch gives "
                + onFalse.outTypes()
                + ", expected "
                + onTrue.outTypes()
                + " as in the true branch");
      }
      return onTrue.outTypes();
    }
  }

  /** Runs {@code body}; {@code derivative} says how it is differentiated. */
  record Call(Graph body, Derivative derivative) implements Control {
    public Call {
      Given.given("Call", "body", body);
      Given.given("Call", "derivative", derivative);
    }

    @Override
    public List<Graph> graphs() {
      return List.of(body);
    }

    @Override
    public String mnemonic() {
      return "call";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      fits("call", "body " + body.name(), body, in);
      return body.outTypes();
    }
  }

  /**
   * The linear map whose transpose is {@code backward}. Operands: {@code residuals} plain values,
   * then tangents; {@code backward} takes the residuals and one cotangent per result, and gives one
   * cotangent per tangent. Comes from linearizing a call with {@link Derivative.Vjp}.
   */
  record Transposed(Graph backward, int residuals) implements Control {
    public Transposed {
      Given.given("Transposed", "backward", backward);
    }

    @Override
    public List<Graph> graphs() {
      return List.of(backward);
    }

    /** None: it is only there to be transposed. */
    @Override
    public Set<Effect> effects(List<TensorType> operands) {
      Given.all("Transposed.effects", "operands", operands);
      return Set.of();
    }

    @Override
    public String mnemonic() {
      return "transposed";
    }

    @Override
    public List<TensorType> typeOf(List<TensorType> in) {
      TypeRules.arity("transposed", in, residuals + backward.outs().size());
      for (int i = 0; i < in.size(); i++) {
        TensorType want =
            i < residuals
                ? backward.params().get(i).type()
                : backward.outs().get(i - residuals).type();
        if (!in.get(i).equals(want)) {
          throw TypeRules.bad("transposed", i, in.get(i), want.toString());
        }
      }
      return backward.paramTypes().subList(residuals, backward.params().size());
    }
  }

  /** How a call is differentiated. */
  sealed interface Derivative {

    /** True when the derivative is that of the body, however much of it is kept. */
    default boolean isOfBody() {
      return this instanceof Plain || this instanceof Remat;
    }

    /** By differentiating the body. */
    record Plain() implements Derivative {}

    /**
     * By differentiating the body; in reverse mode only the operands and the results of the ops
     * with a mnemonic in {@code saves} are kept, and the rest is computed again.
     */
    record Remat(List<String> saves) implements Derivative {
      public Remat {
        Given.all("Remat", "saves", saves);
        saves = List.copyOf(saves);
      }
    }

    /**
     * {@code rule} takes the n operands and n tangents, and gives the m results and m tangents,
     * linear in the tangents. Tangents of non-float operands and results are absent.
     */
    record Jvp(Graph rule) implements Derivative {
      public Jvp {
        Given.given("Jvp", "rule", rule);
      }
    }

    /**
     * {@code forward} takes the operands and gives the results, then any number of residuals;
     * {@code backward} takes the residuals and a cotangent for each float result, and gives a
     * cotangent for each float operand, in order.
     */
    record Vjp(Graph forward, Graph backward) implements Derivative {
      public Vjp {
        Given.given("Vjp", "forward", forward);
        Given.given("Vjp", "backward", backward);
      }
    }
  }

  private static void fits(String op, String what, Graph g, List<TensorType> in) {
    TypeRules.arity(op, in, g.params().size());
    for (int i = 0; i < in.size(); i++) {
      if (!in.get(i).equals(g.params().get(i).type())) {
        throw new TypeException(
            op
                + ": operand "
                + i
                + " of the "
                + what
                + " has type "
                + in.get(i)
                + ", expected "
                + g.params().get(i).type());
      }
    }
  }
}
