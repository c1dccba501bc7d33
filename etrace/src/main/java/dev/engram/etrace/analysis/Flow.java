package dev.engram.etrace.analysis;

import dev.engram.etrace.ModelStep;
import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.dataflow.Reachability;
import dev.engram.ir.op.Cast;
import dev.engram.ir.op.Check;
import dev.engram.ir.op.Control;
import dev.engram.ir.op.Custom;
import dev.engram.ir.op.Dot;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Index;
import dev.engram.ir.op.Move;
import dev.engram.ir.op.Reduce;
import dev.engram.ir.op.Rows;
import dev.engram.ir.op.Source;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** Facts about a step's graph: what depends on weights alone, where weights meet data, and uses. */
public final class Flow {
  /** Operand {@code index} of {@code eqn}. */
  public record Use(Eqn eqn, int index) {}

  public final Graph graph;
  private final Set<Var> data = new HashSet<>();
  private final Map<Var, Set<Var>> weights = new HashMap<>();
  private final Map<Var, Eqn> definitions = new HashMap<>();
  private final Map<Var, List<Use>> uses = new HashMap<>();
  private final Map<Eqn, Integer> positions = new IdentityHashMap<>();
  private final Set<Use> moved = new HashSet<>();

  /** Equations that {@link #behind} has visited: the work done so far. */
  private long visits;

  private final Map<Value, Site> sites = new LinkedHashMap<>();
  private final Map<Eqn, Site> products = new HashMap<>();

  /** Parameters that are the same in each step. */
  private final Set<Var> fixed = new HashSet<>();

  /** The facts about a graph any of whose parameters may change from step to step. */
  public Flow(Graph graph) {
    this(graph, Set.of());
  }

  /** The facts about a step, whose other states stay as they are where it does not set them. */
  static Flow of(ModelStep step) {
    Set<Var> fixed = new HashSet<>();
    for (Param p : step.graph().params()) {
      if (p.role() == Role.STATE) {
        fixed.add(p.var());
      }
    }
    for (int i = 0; i < step.states().size(); i++) {
      Var old = step.state(i).var();
      if (!step.graph().outs().get(step.results() + i).equals(old)) {
        fixed.remove(old);
      }
    }
    return new Flow(step.graph(), fixed);
  }

  private Flow(Graph graph, Set<Var> fixed) {
    this.graph = graph;
    this.fixed.addAll(fixed);
    for (Param p : graph.params()) {
      if (p.role() == Role.WEIGHT && p.type().dtype().isFloat()) {
        weights.put(p.var(), Set.of(p.var()));
      } else {
        data.add(p.var());
      }
    }
    for (Eqn e : graph.eqns()) {
      positions.put(e, positions.size());
      visit(e);
    }
  }

  private void visit(Eqn e) {
    Set<Var> through = new LinkedHashSet<>();
    boolean mixed = e.op() instanceof Elementwise(ElementwiseRow row) && row.equals(Rows.UNTRACED);
    for (int i = 0; i < e.inputs().size(); i++) {
      if (e.in(i) instanceof Var v) {
        uses.computeIfAbsent(v, k -> new ArrayList<>()).add(new Use(e, i));
        through.addAll(weights.getOrDefault(v, Set.of()));
        mixed |= data.contains(v);
      }
    }
    boolean untraced =
        e.op() instanceof Elementwise(ElementwiseRow row) && row.equals(Rows.UNTRACED);
    for (Var out : e.outputs()) {
      definitions.put(out, e);
      weights.put(out, through);
      if (mixed) {
        data.add(out);
      }
    }
    if (mixed && !untraced) {
      addSites(e);
    }
  }

  private void addSites(Eqn e) {
    if (e.op() instanceof Custom.Connecting c
        && c.connects(e.inputs().stream().map(Value::type).toList())
        && isPure(e.in(1))
        && !isPure(e.in(0))
        && e.inputs().subList(2, e.inputs().size()).stream().allMatch(this::isFixed)) {
      addProduct(new Site.Connected(e));
      return;
    }
    for (int i = 0; i < e.inputs().size(); i++) {
      if (!isPure(e.in(i))) {
        continue;
      }
      if (e.op() instanceof Dot && !isPure(e.in(1 - i))) {
        addProduct(new Site.Contract(e, i));
      } else if (e.op() instanceof Index.Gather(_, int batch) && i == 0 && batch == 0) {
        addProduct(new Site.Lookup(e));
      } else {
        Var w = (Var) e.in(i);
        sites.putIfAbsent(w, new Site.Direct(e, w));
      }
    }
  }

  private boolean isFixed(Value v) {
    return !(v instanceof Var x)
        || fixed.contains(x)
        || (definitions.get(x) instanceof Eqn e && e.op() instanceof Source.Const);
  }

  private void addProduct(Site site) {
    products.put(site.eqn(), site);
    sites.put(site.signal(), site);
  }

  /** Made of weights alone. */
  public boolean isPure(Value v) {
    return v instanceof Var x && !data.contains(x) && !weights.getOrDefault(x, Set.of()).isEmpty();
  }

  /** The weights that {@code v} is made from, with or without data. */
  public Set<Var> weightsOf(Value v) {
    return v instanceof Var x ? weights.getOrDefault(x, Set.of()) : Set.of();
  }

  /** Sites in order of their equations. */
  List<Site> sites() {
    return List.copyOf(sites.values());
  }

  /** True when {@code e} is the product of a weight with data. */
  boolean isProduct(Eqn e) {
    return products.containsKey(e);
  }

  /** True when the use is the weight's side of a product. */
  public boolean isWeightOperand(Use use) {
    return switch (products.get(use.eqn())) {
      case null -> false;
      case Site.Contract c -> c.weightOperand() == use.index();
      case Site.Lookup _ -> use.index() == 0;
      case Site.Connected _ -> use.index() == 1;
      case Site.Direct _, Site.Moved _ -> throw new IllegalStateException("not a product");
    };
  }

  /** True when the use begins the relabelling of a site of its own. */
  boolean isMoved(Use use) {
    return moved.contains(use);
  }

  /** The use begins the relabelling of a site of its own. */
  void setMoved(Use use) {
    moved.add(use);
  }

  public Eqn definition(Var v) {
    return definitions.get(v);
  }

  public List<Use> uses(Var v) {
    return uses.getOrDefault(v, List.of());
  }

  /**
   * Visits what uses {@code starts}, and then what uses the results that a visit gives back, each
   * equation once and in order.
   */
  void behind(Collection<? extends Var> starts, Function<Eqn, List<Var>> visit) {
    NavigableSet<Integer> waiting = new TreeSet<>();
    starts.forEach(v -> enqueue(v, waiting));
    while (!waiting.isEmpty()) {
      visits++;
      visit.apply(graph.eqns().get(waiting.pollFirst())).forEach(v -> enqueue(v, waiting));
    }
  }

  private void enqueue(Var v, Set<Integer> waiting) {
    uses(v).forEach(u -> waiting.add(positions.get(u.eqn())));
  }

  /**
   * The equations that {@code v} is made by, and in turn their operands, as far as {@code into}.
   */
  public List<Eqn> making(Var v, Predicate<Value> into) {
    Set<Value> made =
        Reachability.backward(
            graph.eqns(), Set.of(v), (e, of) -> gives(e, of, into) ? e.inputs() : List.of());
    return graph.eqns().stream().filter(e -> gives(e, made, into)).toList();
  }

  private static boolean gives(Eqn e, Set<Value> of, Predicate<Value> into) {
    return e.outputs().stream().anyMatch(o -> of.contains(o) && into.test(o));
  }

  public long visits() {
    return visits;
  }

  /** Uses of {@code v} together with data. */
  List<Use> dataUses(Var v) {
    return uses.getOrDefault(v, List.of()).stream()
        .filter(u -> u.eqn().outputs().stream().anyMatch(data::contains))
        .toList();
  }

  /** The results that have a derivative with respect to that operand. */
  public static List<Var> carried(Use use) {
    if (!use.eqn().in(use.index()).type().dtype().isFloat()) {
      return List.of();
    }
    boolean none =
        use.eqn().op() instanceof Elementwise(ElementwiseRow row)
            && (row.equals(Rows.SELECT) ? use.index() == 0 : row.partials().isEmpty());
    return none
        ? List.of()
        : use.eqn().outputs().stream().filter(o -> o.type().dtype().isFloat()).toList();
  }

  /** The results of {@code e} that have a derivative in one of {@code from}. */
  public static List<Var> carried(Eqn e, Set<Value> from) {
    return IntStream.range(0, e.inputs().size())
        .filter(i -> from.contains(e.in(i)))
        .mapToObj(i -> carried(new Use(e, i)))
        .flatMap(List::stream)
        .toList();
  }

  /** The operands of {@code e} in which one of {@code to} has a derivative. */
  static List<Value> carrying(Eqn e, Set<Value> to) {
    return IntStream.range(0, e.inputs().size())
        .filter(i -> carried(new Use(e, i)).stream().anyMatch(to::contains))
        .mapToObj(e::in)
        .toList();
  }

  /** True when every result element depends on the operand's element at its own position alone. */
  static boolean keepsPositions(Eqn e) {
    return switch (e.op()) {
      case Elementwise _, Cast _, Check _, HostEffect _ -> true;
      case Control.Call call -> {
        var shape = e.inputs().isEmpty() ? null : e.in(0).type().shape();
        yield e.inputs().stream().allMatch(v -> v.type().shape().equals(shape))
            && keepPositions(call.body())
            && keepsPositions(call.derivative());
      }
      case Reduce _, Dot _, Move _, Index _, Source _, Custom _ -> false;
      case Control.Scan _, Control.While _, Control.Cond _, Control.Transposed _ -> false;
    };
  }

  private static boolean keepPositions(Graph g) {
    return g.eqns().stream().allMatch(Flow::keepsPositions);
  }

  // A derivative of its own may mix positions where the function does not.
  private static boolean keepsPositions(Control.Derivative d) {
    return switch (d) {
      case Control.Derivative.Plain _, Control.Derivative.Remat _ -> true;
      case Control.Derivative.Jvp(Graph rule) -> keepPositions(rule);
      case Control.Derivative.Vjp(Graph forward, Graph backward) ->
          keepPositions(forward) && keepPositions(backward);
    };
  }
}
