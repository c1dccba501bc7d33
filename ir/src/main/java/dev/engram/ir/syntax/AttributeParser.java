package dev.engram.ir.syntax;

import dev.engram.ir.DType;
import dev.engram.ir.EngramException;
import dev.engram.ir.Graph;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Shape;
import dev.engram.ir.TensorType;
import dev.engram.ir.op.HostEffect;
import dev.engram.ir.op.Op;
import dev.engram.ir.syntax.Attributes.Attribute;
import dev.engram.ir.syntax.Attributes.Form;
import dev.engram.ir.syntax.Lexer.Kind;
import dev.engram.ir.syntax.Lexer.Token;
import dev.engram.ir.text.GraphParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads the attributes of one op in any order, and makes the op of them. */
public final class AttributeParser {
  private final Tokens tokens;
  private final Token mnemonic;
  private final OpEntry entry;

  /** The attributes that may come; those of a choice join when it is made. */
  private final Map<String, Attribute> open = new LinkedHashMap<>();

  private final Map<String, Object> values = new HashMap<>();

  public AttributeParser(Tokens tokens, Token mnemonic, OpEntry entry) {
    this.tokens = tokens;
    this.mnemonic = mnemonic;
    this.entry = entry;
    values.putAll(entry.implied());
    open(entry.attributes());
  }

  private void open(Attributes attributes) {
    for (Attribute a : attributes.list()) {
      if (!values.containsKey(a.name())) {
        open.put(a.name(), a);
      }
    }
  }

  /** {@code {name=value, …}}. */
  public void braces() {
    tokens.expect("{");
    while (!tokens.peek().is("}")) {
      if (values.size() > entry.implied().size()) {
        tokens.expect(",");
      }
      Token name =
          tokens.expect(Kind.WORD, "an attribute of " + mnemonic.text() + ": " + names(false));
      Attribute a = attribute(name, false);
      tokens.expect("=");
      values.put(a.name(), value(a.form()));
    }
    tokens.expect("}");
  }

  /** The label before an inner graph. */
  public Token regionLabel() {
    Token label = tokens.take();
    attribute(label, true);
    return label;
  }

  public void region(Token label, Graph g) {
    values.put(label.text(), g);
  }

  private Attribute attribute(Token name, boolean region) {
    Attribute a = open.get(name.text());
    if (a == null || (a.form() instanceof Form.Inner) != region) {
      String what = region ? "`return`, the next equation, or a graph of " : "an attribute of ";
      throw tokens.found(name, what + mnemonic.text() + ": " + names(region));
    }
    if (values.containsKey(name.text())) {
      throw tokens.error(name, name.text() + " is given twice");
    }
    return a;
  }

  private String names(boolean regions) {
    String names =
        open.values().stream()
            .filter(a -> (a.form() instanceof Form.Inner) == regions)
            .map(Attribute::name)
            .collect(Collectors.joining(", "));
    return names.isEmpty() ? "it has none" : names;
  }

  private Object value(Form form) {
    return switch (form) {
      case Form.Scalar s -> scalar(s.type());
      case Form.Listed l -> list(l.element());
      case Form.Maybe m -> Optional.of(value(m.element()));
      case Form.Choice c -> choice(c);
      case Form.Inner _, Form.Opaque _ -> throw tokens.unexpected("an attribute with a text form");
    };
  }

  /** Lists nest as deep as the component's type says, whatever the text. */
  private List<Object> list(Form element) {
    List<Object> out = new ArrayList<>();
    tokens.expect("[");
    while (!tokens.peek().is("]")) {
      if (!out.isEmpty()) {
        tokens.expect(",");
      }
      out.add(value(element));
    }
    tokens.expect("]");
    return List.copyOf(out);
  }

  private Object choice(Form.Choice c) {
    String names =
        c.options().stream()
            .map(o -> Attributes.optionText(o.owner()))
            .collect(Collectors.joining(", "));
    Token word = tokens.expect(Kind.WORD, "one of " + names);
    for (Attributes option : c.options()) {
      if (Attributes.optionText(option.owner()).equals(word.text())) {
        open(option);
        return option;
      }
    }
    throw tokens.found(word, "one of " + names);
  }

  private Object scalar(Class<?> type) {
    if (type == int.class || type == Integer.class) {
      return (int) tokens.integer(Integer.MAX_VALUE, "a whole number of 32 bits");
    }
    if (type == long.class || type == Long.class) {
      return tokens.integer(Long.MAX_VALUE, "a whole number of 64 bits");
    }
    if (type == float.class || type == Float.class) {
      return Float.intBitsToFloat((int) number(DType.F32));
    }
    if (type == double.class || type == Double.class) {
      return Double.longBitsToDouble(number(DType.F64));
    }
    if (type == boolean.class || type == Boolean.class) {
      return number(DType.BOOL) != 0;
    }
    if (type == String.class) {
      return tokens.string();
    }
    if (type == HostEffect.Hook.class) {
      return HostEffect.Hook.named(tokens.string());
    }
    if (type == Shape.class) {
      return tokens.shape();
    }
    if (type == TensorType.class) {
      return tokens.type();
    }
    return type == HostTensor.class ? tokens.tensor() : constant(type);
  }

  private long number(DType dtype) {
    Token t = tokens.peek();
    return tokens.bits(t, dtype, tokens.literal("a value of " + dtype));
  }

  private Object constant(Class<?> type) {
    List<Enum<?>> constants =
        Arrays.stream(type.getEnumConstants()).<Enum<?>>map(c -> (Enum<?>) c).toList();
    String names = constants.stream().map(Attributes::enumText).collect(Collectors.joining(", "));
    Token word = tokens.expect(Kind.WORD, "one of " + names);
    return constants.stream()
        .filter(c -> Attributes.enumText(c).equals(word.text()))
        .findFirst()
        .orElseThrow(() -> tokens.found(word, "one of " + names));
  }

  /** The op; absent lists are empty and absent bools false. */
  public Op create() {
    return (Op) create(entry.attributes());
  }

  private Object create(Attributes attributes) {
    List<Object> arguments = new ArrayList<>();
    for (Attribute a : attributes.list()) {
      Object given = values.get(a.name());
      arguments.add(given == null ? absent(a) : made(given));
    }
    try {
      return attributes.create(arguments);
    } catch (EngramException e) {
      throw tokens.error(mnemonic, mnemonic.text() + ": " + e.getMessage());
    }
  }

  private Object made(Object given) {
    return given instanceof Attributes option ? create(option) : given;
  }

  private Object absent(Attribute a) {
    return switch (a.form()) {
      case Form.Listed _ -> List.of();
      case Form.Maybe _ -> Optional.empty();
      case Form.Scalar s when s.type() == boolean.class -> false;
      case Form.Choice c when c.options().getFirst().list().isEmpty() ->
          create(c.options().getFirst());
      case Form.Scalar _, Form.Choice _, Form.Inner _, Form.Opaque _ -> throw missing(a);
    };
  }

  private GraphParseException missing(Attribute a) {
    String what = a.form() instanceof Form.Inner ? "the graph " : "the attribute ";
    return tokens.error(mnemonic, mnemonic.text() + " lacks " + what + a.name());
  }
}
