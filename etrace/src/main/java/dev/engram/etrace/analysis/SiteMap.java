package dev.engram.etrace.analysis;

import dev.engram.etrace.HiddenGroup;
import dev.engram.etrace.ModelStep;
import dev.engram.etrace.TraceState;
import dev.engram.etrace.signal.StepCopy;
import dev.engram.etrace.traces.Dynamics;
import dev.engram.etrace.traces.TraceLayout;
import dev.engram.ir.Param;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A step with the sites that have traces, and the derivatives of states along clean paths. */
public final class SiteMap {
  /** A site with the axes of its traces and the states that it reaches. */
  public record Located(Site site, TraceLayout layout, PathAnalysis walk, String name) {
    public Set<Integer> reached() {
      return walk.reached;
    }

    public TraceLayout layout(StepCopy copy) {
      return layout.within(copy);
    }
  }

  /** A site and a hidden state that it influences, now or later. */
  public record Slot(int site, int state, String name) {

    /** Its trace, of such a type. */
    public TraceState trace(TensorType type) {
      return new TraceState(name, TraceState.Kind.ELIGIBILITY, type);
    }

    public static Set<Integer> states(List<Slot> slots) {
      return slots.stream().map(Slot::state).collect(Collectors.toSet());
    }
  }

  public final ModelStep step;
  public final Analysis analysis;
  public final List<Located> sites = new ArrayList<>();
  private final Map<Integer, StepGraphs.Local> locals = new HashMap<>();
  private final Map<Var, String> paths = new HashMap<>();
  private final Function<HiddenGroup, List<BitSet>> findNeighbours;
  private final Map<HiddenGroup, List<BitSet>> neighbours = new HashMap<>();
  private final Map<HiddenGroup, ColumnColors> colors = new HashMap<>();
  private final Map<HiddenGroup, ColumnColors> diagonalColors = new HashMap<>();

  public SiteMap(ModelStep step, Analysis analysis) {
    this.step = step;
    this.analysis = analysis;
    findNeighbours = JacobianSparsity.in(this);
    step.graph().params().forEach(p -> paths.put(p.var(), p.path()));
    Map<String, Integer> times = new HashMap<>();
    for (Analysis.Traced t : analysis.traced) {
      String path =
          analysis.flow.weightsOf(t.site().weight()).stream()
              .map(this::path)
              .collect(Collectors.joining("+"));
      int n = times.merge(path, 1, Integer::sum);
      String name = n == 1 ? path : path + "#" + n;
      sites.add(new Located(t.site(), TraceLayout.of(t.site()), t.walk(), name));
    }
  }

  public String path(Var weight) {
    return paths.get(weight);
  }

  /**
   * The step's parameters by which weights are joined to positions, in the order of the step: what
   * the reading of traces needs besides the weights.
   */
  public List<Integer> tables() {
    Set<Value> all = new HashSet<>();
    for (Located l : sites) {
      if (l.site() instanceof Site.Connected c) {
        all.addAll(c.tables());
      }
    }
    List<Param> params = step.graph().params();
    return IntStream.range(0, params.size())
        .filter(i -> all.contains(params.get(i).var()))
        .boxed()
        .toList();
  }

  /** Which positions of a group each position reaches in one step. */
  List<BitSet> neighbours(HiddenGroup group) {
    return neighbours.computeIfAbsent(group, findNeighbours);
  }

  /** The directions that give all elements of a group's Jacobian. */
  public ColumnColors colors(HiddenGroup group) {
    return colors.computeIfAbsent(group, g -> ColumnColors.ofAll(neighbours(g)));
  }

  /** The directions that give the diagonal of a group's Jacobian. */
  public ColumnColors diagonalColors(HiddenGroup group) {
    return diagonalColors.computeIfAbsent(group, g -> ColumnColors.ofDiagonal(neighbours(g)));
  }

  /** The variable of hidden state {@code s} before the step. */
  public Var oldState(int s) {
    return step.state(s).var();
  }

  public Value newState(int s) {
    return step.graph().outs().get(step.results() + s);
  }

  public HiddenGroup group(int s) {
    return analysis.groupOf(s);
  }

  /**
   * A slot for each site and each state that its signal reaches, or that a state which has one
   * feeds.
   */
  public List<Slot> slots(Dynamics dynamics) {
    List<Slot> slots = new ArrayList<>();
    for (int k = 0; k < sites.size(); k++) {
      for (int s : influenced(sites.get(k).reached(), dynamics)) {
        slots.add(new Slot(k, s, traceName(sites.get(k).name(), group(s), s)));
      }
    }
    return slots;
  }

  private Set<Integer> influenced(Set<Integer> reached, Dynamics dynamics) {
    Set<Integer> states = new TreeSet<>(reached);
    boolean grown = true;
    while (grown) {
      grown = false;
      for (HiddenGroup g : analysis.groups) {
        for (int s : g.states()) {
          if (!states.contains(s) && dynamics.feeds(s).stream().anyMatch(states::contains)) {
            grown = states.add(s);
          }
        }
      }
    }
    return states;
  }

  /** ∂h_s with respect to the old states that feed it and the signals that reach it. */
  public StepGraphs.Local local(int s) {
    return locals.computeIfAbsent(
        s,
        _ -> {
          Set<Var> wrt = new LinkedHashSet<>();
          analysis.recurrence.getOrDefault(s, Set.of()).forEach(r -> wrt.add(oldState(r)));
          sites.stream()
              .filter(l -> l.reached().contains(s))
              .forEach(l -> wrt.add(l.site().signal()));
          return StepGraphs.local(analysis.flow, (Var) newState(s), wrt);
        });
  }

  /** The name of a site's trace for a state of a hidden group. */
  private static String traceName(String site, HiddenGroup group, int state) {
    return site + ".g" + group.index() + ".s" + group.states().indexOf(state);
  }
}
