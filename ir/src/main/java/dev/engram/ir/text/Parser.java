package dev.engram.ir.text;

import dev.engram.ir.Eqn;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Lit;
import dev.engram.ir.Param;
import dev.engram.ir.Role;
import dev.engram.ir.SourceLocation;
import dev.engram.ir.TensorType;
import dev.engram.ir.TextLimits;
import dev.engram.ir.Value;
import dev.engram.ir.Var;
import dev.engram.ir.Verifier;
import dev.engram.ir.checks.DidYouMean;
import dev.engram.ir.checks.Given;
import dev.engram.ir.op.Op;
import dev.engram.ir.syntax.AttributeParser;
import dev.engram.ir.syntax.Lexer.Kind;
import dev.engram.ir.syntax.Lexer.Token;
import dev.engram.ir.syntax.OpEntry;
import dev.engram.ir.syntax.Tokens;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads the text that {@link Printer} writes. It takes ill-typed graphs too, and uses before the
 * definition: finding those is the {@link Verifier}'s work.
 *
 * <p>Every text gives graphs or a {@link GraphParseException}; memory stays in proportion to the
 * text, which {@link TextLimits} bound. {@code docs/IR.md} has the grammar.
 */
public final class Parser {
  /** The version of the language that this build writes, and the newest that it reads. */
  public static final int VERSION = 1;

  private final Tokens tokens;
  private final TextLimits limits;
  private final OpTable ops;
  private final Map<Object, Integer> lines = new IdentityHashMap<>();
  private final Map<Graph, Integer> returns = new IdentityHashMap<>();

  private int equations;

  private Parser(String text, OpTable ops, TextLimits limits) {
    this.tokens = new Tokens(text, limits);
    this.limits = limits;
    this.ops = ops;
  }

  /** The only graph of a text over the standard ops. */
  public static Graph parse(String text) {
    Given.given("Parser.parse", "text", text);
    return parse(text, OpTable.standard());
  }

  /**
   * The only graph of a text.
   *
   * @throws GraphParseException with line, column, what was found and what was expected
   */
  public static Graph parse(String text, OpTable ops) {
    Given.given("Parser.parse", "text", text);
    Given.given("Parser.parse", "ops", ops);
    Parser p = new Parser(text, ops, TextLimits.standard());
    p.version();
    Graph g = p.topLevel();
    p.tokens.expectEnd();
    return g;
  }

  /**
   * Any number of graphs, with the lines of their parts.
   *
   * @throws GraphParseException with line, column, what was found and what was expected
   */
  public static ParsedText parseAll(String text, OpTable ops) {
    return parseAll(text, ops, TextLimits.standard());
  }

  /**
   * Any number of graphs, with the lines of their parts.
   *
   * @throws GraphParseException with line, column, what was found and what was expected
   */
  public static ParsedText parseAll(String text, OpTable ops, TextLimits limits) {
    Given.given("Parser.parseAll", "text", text);
    Given.given("Parser.parseAll", "ops", ops);
    Given.given("Parser.parseAll", "limits", limits);
    Parser p = new Parser(text, ops, limits);
    p.version();
    List<Graph> graphs = new ArrayList<>();
    while (p.tokens.peek().kind() != Kind.END) {
      graphs.add(p.topLevel());
    }
    return new ParsedText(List.copyOf(graphs), p.lines, p.returns);
  }

  /**
   * Values separated by commas, one for each type: {@code [1.0, 2.0], true, [[1], [2]]}.
   *
   * @throws GraphParseException when they do not fit the types
   */
  public static List<HostTensor> values(String text, List<TensorType> types) {
    Given.given("Parser.values", "text", text);
    Given.all("Parser.values", "types", types);
    Tokens tokens = new Tokens(text, TextLimits.standard());
    List<HostTensor> out = new ArrayList<>();
    for (TensorType t : types) {
      if (!out.isEmpty()) {
        tokens.expect(",");
      }
      out.add(tokens.tensorOf(t));
    }
    tokens.expectEnd();
    return List.copyOf(out);
  }

  // engram.ir 1
  private void version() {
    if (!tokens.peek().isWord(Printer.LANGUAGE)) {
      return;
    }
    tokens.take();
    Token number = tokens.peek();
    long version = tokens.integer(Integer.MAX_VALUE, "the version of the language, such as 1");
    if (version < 1) {
      throw tokens.found(number, "the version of the language, such as 1");
    }
    if (version > VERSION) {
      throw tokens.error(
          number,
          "found a text in version %d of the language, expected 1 to %d, which this build reads; take a newer Engram, or have the text written by one of this version"
              .formatted(version, VERSION));
    }
  }

  private Graph topLevel() {
    if (tokens.peek().isWord(Printer.LANGUAGE)) {
      throw tokens.unexpected("`graph`: the version stands once, before the first graph");
    }
    if (!tokens.peek().isWord("graph")) {
      throw tokens.unexpected("`graph`");
    }
    tokens.take();
    return graph(0);
  }

  // @name (params) -> types { equations return values }
  private Graph graph(int depth) {
    tokens.check(tokens.peek(), depth, limits.depth(), "graphs around this one", "withDepth");
    Token name = tokens.expect(Kind.GRAPH_NAME, "a graph's name such as @f");
    Scope scope = new Scope(name.text());
    List<Param> params = params(scope);
    tokens.expect("->");
    List<TensorType> results = tokens.peek().is("(") ? resultTypes() : List.of(tokens.type());
    tokens.expect("{");
    while (!tokens.peek().isWord("return")) {
      scope.eqns.add(equation(scope, depth));
    }
    int returnLine = tokens.line(tokens.peek());
    List<Operand> outs = returned();
    tokens.expect("}");
    List<Eqn> eqns = scope.eqns.stream().map(d -> resolve(scope, d)).toList();
    Graph g = new Graph(name.text(), params, eqns, results(scope, outs, results, name));
    lines.put(g, tokens.line(name));
    returns.put(g, returnLine);
    return g;
  }

  private List<Param> params(Scope scope) {
    List<Param> params = new ArrayList<>();
    tokens.expect("(");
    while (!tokens.peek().is(")")) {
      if (!params.isEmpty()) {
        tokens.expect(",");
      }
      Token name = tokens.expect(Kind.VARIABLE, "a parameter such as %x");
      Var v = scope.define(name, typeAfterColon());
      Role role = Role.INPUT;
      if (tokens.peek().kind() == Kind.WORD) {
        Token word = tokens.take();
        role =
            Stream.of(Role.values())
                .filter(r -> r.toString().equals(word.text()))
                .findFirst()
                .orElseThrow(() -> tokens.found(word, "input, weight, hidden, state or key"));
      }
      boolean quoted = tokens.peek().kind() == Kind.STRING;
      String path = quoted ? tokens.path() : Names.impliedPath(name.text());
      Param p = new Param(v, role, path);
      lines.put(p, tokens.line(name));
      params.add(p);
    }
    tokens.expect(")");
    return params;
  }

  private TensorType typeAfterColon() {
    tokens.expect(":");
    return tokens.type();
  }

  private List<TensorType> resultTypes() {
    List<TensorType> types = new ArrayList<>();
    tokens.expect("(");
    while (!tokens.peek().is(")")) {
      if (!types.isEmpty()) {
        tokens.expect(",");
      }
      types.add(tokens.type());
    }
    tokens.expect(")");
    return types;
  }

  private List<Operand> returned() {
    List<Operand> outs = new ArrayList<>();
    Token word = tokens.take();
    if (tokens.peek().is("}")) {
      return outs;
    }
    do {
      Operand o = operand();
      if (o.type().isPresent()) {
        throw tokens.error(
            word, "found a typed literal in `return`; its type stands in the header");
      }
      outs.add(o);
    } while (tokens.takeIf(","));
    return outs;
  }

  private List<Value> results(
      Scope scope, List<Operand> outs, List<TensorType> types, Token graph) {
    if (outs.size() != types.size()) {
      throw tokens.error(
          graph,
          "@"
              + Printer.graphName(graph.text())
              + " returns "
              + outs.size()
              + " values, but its header"
              + " gives "
              + types.size()
              + " types");
    }
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < outs.size(); i++) {
      Value v = resolve(scope, outs.get(i), Optional.of(types.get(i)));
      if (!v.type().equals(types.get(i))) {
        throw tokens.error(
            outs.get(i).token(),
            "result " + i + " has type " + v.type() + ", but the header says " + types.get(i));
      }
      values.add(v);
    }
    return values;
  }

  // Equations.

  /** An operand as written: its name or number, and the type after a colon. */
  private record Operand(Token token, String text, Optional<TensorType> type) {
    boolean isVariable() {
      return token.kind() == Kind.VARIABLE;
    }
  }

  /** An equation whose operands may not be defined yet. */
  private record Draft(
      Op op, List<Operand> operands, List<Var> outs, SourceLocation where, Token start) {}

  /** What one graph has defined; inner graphs see nothing of it. */
  private final class Scope {
    final String graph;
    final Map<String, Var> vars = new LinkedHashMap<>();
    final List<Draft> eqns = new ArrayList<>();

    Scope(String graph) {
      this.graph = graph;
    }

    /** A name defined again is the same variable, so that the verifier can report it. */
    Var define(Token name, TensorType type) {
      Var v = vars.computeIfAbsent(name.text(), _ -> new Var(type));
      if (!v.type().equals(type)) {
        throw tokens.error(
            name,
            "%" + name.text() + " is defined again, with type " + type + " instead of " + v.type());
      }
      return v;
    }
  }

  private Draft equation(Scope scope, int depth) {
    Token start = tokens.peek();
    tokens.check(start, ++equations, limits.equations(), "equations", "withEquations");
    List<Var> outs = new ArrayList<>();
    if (tokens.takeIf("(")) {
      tokens.expect(")");
    } else {
      do {
        Token name =
            tokens.expect(Kind.VARIABLE, "an equation such as `%0: f32[2] = …`, or `return`");
        outs.add(scope.define(name, typeAfterColon()));
      } while (tokens.takeIf(","));
    }
    tokens.expect("=");
    Token mnemonic = tokens.expect(Kind.WORD, "an op");
    AttributeParser attributes = new AttributeParser(tokens, mnemonic, entry(mnemonic));
    if (tokens.peek().is("{")) {
      attributes.braces();
    }
    List<Operand> operands = operands();
    SourceLocation where = where(tokens.peek().comment());
    while (tokens.peek().kind() == Kind.WORD && !tokens.peek().isWord("return")) {
      Token label = attributes.regionLabel();
      attributes.region(label, graph(depth + 1));
    }
    return new Draft(attributes.create(), operands, outs, where, start);
  }

  private OpEntry entry(Token mnemonic) {
    return ops.find(mnemonic.text())
        .orElseThrow(
            () ->
                tokens.found(
                    mnemonic,
                    "an op"
                        + DidYouMean.hint(mnemonic.text(), ops.mnemonics())
                        + " (for one from outside see OpTable.with, or --ops)"));
  }

  private List<Operand> operands() {
    List<Operand> out = new ArrayList<>();
    tokens.expect("(");
    while (!tokens.peek().is(")")) {
      if (!out.isEmpty()) {
        tokens.expect(",");
      }
      out.add(operand());
    }
    tokens.expect(")");
    return out;
  }

  private Operand operand() {
    Token t = tokens.peek();
    if (t.kind() == Kind.VARIABLE) {
      tokens.take();
      return new Operand(t, t.text(), Optional.empty());
    }
    String literal = tokens.literal("an operand such as %0, 1.0 or 1.0: f32[2]");
    boolean typed = tokens.peek().is(":");
    return new Operand(t, literal, typed ? Optional.of(typeAfterColon()) : Optional.empty());
  }

  // `GruNet.java:21`, or `"any text":21`
  private SourceLocation where(String comment) {
    int second = comment.indexOf("//");
    String text = (second < 0 ? comment : comment.substring(0, second)).strip();
    int colon = text.lastIndexOf(':');
    String digits = text.substring(colon + 1);
    long line = digits.matches("[1-9][0-9]{0,9}") ? Long.parseLong(digits) : Long.MAX_VALUE;
    if (colon < 1 || line > Integer.MAX_VALUE) {
      return SourceLocation.UNKNOWN;
    }
    String file = text.substring(0, colon);
    if (file.startsWith("\"")) {
      try {
        Tokens quoted = new Tokens(file, limits);
        file = quoted.expect(Kind.STRING, "a file").text();
        quoted.expectEnd();
      } catch (GraphParseException e) {
        return SourceLocation.UNKNOWN;
      }
    } else if (file.matches("(?s).*[\\s\"/].*")) {
      return SourceLocation.UNKNOWN;
    }
    return new SourceLocation(file, (int) line);
  }

  private Eqn resolve(Scope scope, Draft d) {
    Optional<TensorType> usual =
        d.operands().reversed().stream()
            .filter(Operand::isVariable)
            .findFirst()
            .map(o -> resolve(scope, o, Optional.empty()).type());
    List<Value> in = d.operands().stream().map(o -> resolve(scope, o, usual)).toList();
    Eqn e = new Eqn(d.op(), in, d.outs(), d.where());
    lines.put(e, tokens.line(d.start()));
    return e;
  }

  private Value resolve(Scope scope, Operand o, Optional<TensorType> usual) {
    if (o.isVariable()) {
      Var v = scope.vars.get(o.text());
      if (v == null) {
        throw tokens.error(
            o.token(),
            "found %"
                + o.text()
                + ", which @"
                + Printer.graphName(scope.graph)
                + " does not define"
                + DidYouMean.hint(o.text(), scope.vars.keySet()));
      }
      return v;
    }
    TensorType type =
        o.type()
            .or(() -> usual)
            .orElseThrow(
                () ->
                    tokens.error(
                        o.token(),
                        "found the literal "
                            + o.text()
                            + " without a type, and no variable beside it"
                            + " to take one from, expected "
                            + o.text()
                            + ": f32[] or another type"));
    return new Lit(type, tokens.bits(o.token(), type.dtype(), o.text()));
  }
}
