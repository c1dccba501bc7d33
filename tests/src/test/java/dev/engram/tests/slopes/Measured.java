package dev.engram.tests.slopes;

import dev.engram.autodiff.Jvp;
import dev.engram.autodiff.Vjp;
import dev.engram.ir.Builder;
import dev.engram.ir.DType;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Role;
import dev.engram.ir.TensorType;
import dev.engram.ir.Value;
import dev.engram.ir.op.Elementwise;
import dev.engram.ir.op.ElementwiseRow;
import dev.engram.tests.random.Ways;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The greatest measured error, and where.
 *
 * @param ulps units in the last place; -1 where nothing was measured
 */
record Measured(double ulps, String where) {
  static final Measured NOTHING = new Measured(-1, "");

  private Measured or(Measured other) {
    return other.ulps > ulps ? other : this;
  }

  /** Runs interpreted and compiled. */
  private static final List<Ways.Way> WAYS =
      List.of(Ways.interpreter(), Ways.compiled(Ways.backend("cpu")));

  /** First and second derivatives of {@code row} at those {@code points} that are inside. */
  static List<Measured> of(ElementwiseRow row, Exact exact, DType t, List<double[]> points) {
    List<double[]> inside = points.stream().filter(x -> exact.inside().test(x)).toList();
    TensorType type = TensorType.of(t, inside.size());
    List<HostTensor> args = new ArrayList<>();
    for (int i = 0; i < row.arity(); i++) {
      HostTensor x = HostTensor.allocate(type);
      for (int k = 0; k < inside.size(); k++) {
        x.setDouble(k, inside.get(k)[i]);
      }
      args.add(x);
    }
    Search first = new Search(row, 1, t, inside, args);
    Search second = new Search(row, 2, t, inside, args);
    int at = 0;
    for (int i = 0; i < row.arity(); i++) {
      Graph slope = slope(graph(row, type), i, false);
      first.add(exact.first().get(i), List.of(slope));
      for (int j = i; j < row.arity(); j++) {
        List<Graph> bends = List.of(slope(slope, j, false), slope(slope, j, true));
        second.add(exact.second().get(at++), bends);
      }
    }
    return List.of(first.rest, first.listed, second.rest, second.listed);
  }

  /** The worst error where the row is listed, and elsewhere. */
  private static final class Search {
    private final ElementwiseRow row;
    private final DType t;
    private final List<double[]> points;
    private final List<HostTensor> args;
    private final List<Listed> regions;
    private Measured rest = NOTHING;
    private Measured listed = NOTHING;

    Search(ElementwiseRow row, int order, DType t, List<double[]> points, List<HostTensor> args) {
      this.row = row;
      this.t = t;
      this.points = points;
      this.args = args;
      this.regions =
          Listed.ALL.stream()
              .filter(l -> l.row().equals(row.name()) && l.order() == order)
              .toList();
    }

    void add(Exact.Slope exact, List<Graph> graphs) {
      List<Ulps.Sum> want = points.stream().map(exact::at).map(Ulps.Sum::of).toList();
      for (Graph g : graphs) {
        for (Ways.Way way : WAYS) {
          HostTensor got = way.run(g, args).getFirst();
          for (int k = 0; k < points.size(); k++) {
            double[] x = points.get(k);
            Measured m =
                new Measured(
                    Ulps.between(t, got.getDouble(k), want.get(k)),
                    row.name()
                        + Arrays.toString(x)
                        + " is "
                        + got.getDouble(k)
                        + " for "
                        + want.get(k));
            if (regions.stream().anyMatch(l -> l.region().holds(t, x))) {
              listed = listed.or(m);
            } else {
              rest = rest.or(m);
            }
          }
        }
      }
    }
  }

  /** The derivative of a row in operand i. */
  static Graph slopeOf(ElementwiseRow row, TensorType type, int i) {
    return slope(graph(row, type), i, false);
  }

  private static Graph graph(ElementwiseRow row, TensorType type) {
    Builder b = new Builder(row.name());
    List<Value> in = new ArrayList<>();
    for (int i = 0; i < row.arity(); i++) {
      in.add(b.param(type, Role.INPUT, ""));
    }
    return b.build(b.emit(new Elementwise(row), in));
  }

  /** The derivative of the one result of {@code g} in parameter i, element by element. */
  private static Graph slope(Graph g, int i, boolean forward) {
    int n = g.params().size();
    List<Boolean> wrt = new ArrayList<>(Collections.nCopies(n, false));
    wrt.set(i, true);
    Graph d = forward ? Jvp.of(g, wrt) : Vjp.of(g, wrt);
    Builder b = new Builder(g.name());
    List<Value> in = new ArrayList<>();
    g.params().forEach(p -> in.add(b.param(p)));
    in.add(Lit.one(g.outs().getFirst().type()));
    return b.build(List.of(b.inline(d, in).getLast()));
  }
}
