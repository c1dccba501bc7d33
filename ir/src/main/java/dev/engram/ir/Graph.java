package dev.engram.ir;

import dev.engram.ir.checks.Given;
import dev.engram.ir.text.Printer;
import java.util.List;

/**
 * A pure function in A-normal form. Immutable; passes build new graphs through {@link Builder}.
 *
 * @param name for printing
 * @param params defined before the first equation
 * @param eqns in an order in which every variable is defined before it is used
 * @param outs variables of this graph, or literals
 */
public record Graph(String name, List<Param> params, List<Eqn> eqns, List<Value> outs) {
  public Graph {
    Given.given("Graph", "name", name);
    Given.all("Graph", "params", params);
    Given.all("Graph", "eqns", eqns);
    Given.all("Graph", "outs", outs);
    params = List.copyOf(params);
    eqns = List.copyOf(eqns);
    outs = List.copyOf(outs);
  }

  /** Returns the types of the parameters, in order. */
  public List<TensorType> paramTypes() {
    return params.stream().map(Param::type).toList();
  }

  /** Returns the types of the results, in order. */
  public List<TensorType> outTypes() {
    return outs.stream().map(Value::type).toList();
  }

  /** Returns the same graph under another name. */
  public Graph named(String other) {
    return new Graph(other, params, eqns, outs);
  }

  /** Identity; {@link GraphEquality#equal} compares graphs by what they say. */
  @Override
  public boolean equals(Object o) {
    return this == o;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  /** The text form for people, long constants cut short; {@link Printer#print} is exact. */
  @Override
  public String toString() {
    return Printer.print(this, Printer.Style.DUMP);
  }
}
