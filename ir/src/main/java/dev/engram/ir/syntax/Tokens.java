package dev.engram.ir.syntax;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.TextLimits;
import dev.engram.ir.TypeException;
import dev.engram.ir.syntax.Lexer.Kind;
import dev.engram.ir.syntax.Lexer.Token;
import dev.engram.ir.text.GraphParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The small phrases of the text form: types, numbers, tensors. */
public final class Tokens {
  private final Lexer lexer;
  private final TextLimits limits;

  public Tokens(String text, TextLimits limits) {
    this.lexer = new Lexer(text, limits);
    this.limits = limits;
  }

  public Token peek() {
    return lexer.peek();
  }

  public Token take() {
    return lexer.take();
  }

  public int line(Token t) {
    return lexer.line(t.start());
  }

  public GraphParseException error(Token at, String problem) {
    return lexer.error(at.start(), problem);
  }

  public GraphParseException found(Token t, String expected) {
    return error(t, "found " + t.shown() + ", expected " + expected);
  }

  public GraphParseException unexpected(String expected) {
    return found(peek(), expected);
  }

  public Token expect(Kind kind, String expected) {
    if (peek().kind() != kind) {
      throw unexpected(expected);
    }
    return take();
  }

  public Token expect(String symbol) {
    if (!peek().is(symbol)) {
      throw unexpected("`" + symbol + "`");
    }
    return take();
  }

  public boolean takeIf(String symbol) {
    boolean there = peek().is(symbol);
    if (there) {
      take();
    }
    return there;
  }

  public void expectEnd() {
    if (peek().kind() != Kind.END) {
      throw unexpected("the end of the text");
    }
  }

  /** {@code problem} at {@code t} when {@code n} of {@code what} are more than {@code limit}. */
  public void check(Token t, long n, long limit, String what, String raise) {
    if (n > limit) {
      throw error(t, Lexer.exceeded(n + " " + what, limit, raise));
    }
  }

  /** {@code f32[64,128]}. */
  public TensorType type() {
    Token word = expect(Kind.WORD, "a type such as f32[2,3]");
    DType dtype =
        Stream.of(DType.values())
            .filter(d -> d.toString().equals(word.text()))
            .findFirst()
            .orElseThrow(() -> found(word, "an element type, one of " + DType.names()));
    return new TensorType(dtype, shape());
  }

  /** {@code [64,128]}. */
  Shape shape() {
    Token open = expect("[");
    List<Integer> dims = new ArrayList<>();
    while (!peek().is("]")) {
      if (!dims.isEmpty()) {
        expect(",");
      }
      check(open, dims.size() + 1, limits.rank(), "axes", "withRank");
      Token t = peek();
      long n = integer(Integer.MAX_VALUE, "a length from 0 to 2147483647");
      if (n < 0) {
        throw found(t, "a length from 0 to 2147483647");
      }
      dims.add((int) n);
    }
    expect("]");
    try {
      Shape shape = Shape.of(dims);
      check(open, shape.size(), limits.elements(), "elements in a type", "withElements");
      return shape;
    } catch (TypeException tooLarge) {
      // The only fault left; its own message names a line of Java, where a text has none.
      throw error(open, "shape " + dims + " has more than 2^63 elements");
    }
  }

  /** A whole number up to {@code max}, or down to {@code -max - 1}. */
  public long integer(long max, String expected) {
    Token t = expect(Kind.NUMBER, expected);
    Optional<Long> n = Literals.bits(DType.I64, t.text());
    if (n.isEmpty() || n.get() > max || n.get() < -max - 1) {
      throw found(t, expected);
    }
    return n.get();
  }

  /** A number, bool, {@code inf} or {@code nan}, as {@link Literals#bits} takes it. */
  public String literal(String expected) {
    Token t = peek();
    if (t.kind() == Kind.NUMBER) {
      return take().text();
    }
    if (t.isWord("true") || t.isWord("false") || t.isWord("inf")) {
      return take().text();
    }
    if (!t.isWord("nan")) {
      throw unexpected(expected);
    }
    take();
    if (!takeIf("(")) {
      return "nan";
    }
    Token raw = expect(Kind.NUMBER, "the bits of a NaN such as 0x7fc00001");
    expect(")");
    if (!raw.text().startsWith("0x")) {
      throw found(raw, "the bits of a NaN such as 0x7fc00001");
    }
    return "nan(" + raw.text() + ")";
  }

  public long bits(Token at, DType dtype, String literal) {
    return Literals.bits(dtype, literal)
        .orElseThrow(() -> error(at, "found " + literal + ", expected a value of " + dtype));
  }

  String string() {
    Token t = expect(Kind.STRING, "a string in double quotes");
    lexer.check(t.start(), "a string", t.text().length(), limits.string(), "withString");
    return t.text();
  }

  /** The path of a parameter, as long as a name. */
  public String path() {
    Token t = expect(Kind.STRING, "a path in double quotes");
    lexer.check(t.start(), "a path", t.text().length(), limits.name(), "withName");
    return t.text();
  }

  /** {@code f32[2,2] [[1.0, 2.0], [3.0, 4.0]]}, or the type and {@code base64 "…"}. */
  HostTensor tensor() {
    Token start = peek();
    TensorType type = type();
    check(start, type.size(), limits.constant(), "elements of a constant", "withConstant");
    if (!peek().isWord("base64")) {
      return tensorOf(type);
    }
    take();
    Token data = expect(Kind.STRING, "a string in double quotes");
    return Literals.fromBase64(type, data.text())
        .orElseThrow(
            () ->
                error(
                    data,
                    "found other data, expected base64 of the bytes of "
                        + type
                        + (type.dtype() == DType.BOOL ? ", each 0 or 1" : "")));
  }

  /**
   * The elements of a tensor in nested brackets; the text has one for each, so it bounds memory.
   */
  public HostTensor tensorOf(TensorType type) {
    if (peek().is("<")) {
      throw unexpected("the elements; this text was printed with its data cut short");
    }
    if (type.size() == 0) {
      expect("[");
      expect("]");
      return HostTensor.allocate(type);
    }
    List<Long> bits = new ArrayList<>();
    elements(type, 0, bits);
    HostTensor t = HostTensor.allocate(type);
    for (int i = 0; i < bits.size(); i++) {
      t.setBits(i, bits.get(i));
    }
    return t;
  }

  private void elements(TensorType type, int axis, List<Long> bits) {
    Token t = peek();
    if (axis == type.rank()) {
      bits.add(bits(t, type.dtype(), literal("a value of " + type.dtype())));
      return;
    }
    expect("[");
    for (int i = 0; i < type.shape().dim(axis); i++) {
      if (i > 0) {
        expect(",");
      }
      elements(type, axis + 1, bits);
    }
    if (!peek().is("]")) {
      throw unexpected("`]` after " + type.shape().dim(axis) + " entries, as " + type + " has");
    }
    take();
  }
}
