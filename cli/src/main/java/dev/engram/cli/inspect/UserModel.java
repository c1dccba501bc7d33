package dev.engram.cli.inspect;

import dev.engram.Layer;
import dev.engram.RandomKey;
import dev.engram.cli.option.ClassPath;
import dev.engram.cli.option.CommaList;
import dev.engram.cli.option.Words;
import dev.engram.ir.EngramException;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.TensorType;
import dev.engram.ir.text.Parser;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** A model constructed from the name of its class. */
public record UserModel(Layer layer, Tensor example) {
  /** The options that say how to construct a model. */
  static final class Options {
    @Option(
        names = "--new",
        order = 110,
        paramLabel = "VALUES",
        converter = CommaList.Reader.class,
        description = "numbers for the constructor of a model")
    private CommaList arguments = new CommaList(List.of());

    @Option(
        names = "--input",
        order = 120,
        paramLabel = "TYPE",
        converter = TypeReader.class,
        description = "type of a model's input: f32[10]")
    private Optional<TensorType> input = Optional.empty();

    Setup setup(ClassPath classPath) {
      return new Setup(arguments.all(), input, classPath);
    }
  }

  /** How to construct a model. */
  record Setup(List<String> arguments, Optional<TensorType> input, ClassPath classPath) {}

  private static final class TypeReader implements ITypeConverter<TensorType> {
    @Override
    public TensorType convert(String text) {
      try {
        var g = Parser.parse("graph @g(%x: " + text + ") -> () {\n  return\n}\n");
        return g.params().getFirst().type();
      } catch (EngramException e) {
        throw Words.must("be a type such as f32[10]", text);
      }
    }
  }

  /**
   * Constructs and initialises a model.
   *
   * @throws IOException when it cannot be constructed with these options
   */
  static UserModel of(Class<?> c, Setup setup, long seed) throws IOException {
    if (setup.input().isEmpty()) {
      throw new IOException(
          c.getName() + " is a model; give the type of its input with --input f32[…]");
    }
    List<Constructor<?>> all = List.of(c.getConstructors());
    for (Constructor<?> k : all) {
      Optional<List<Object>> args = arguments(k, setup.arguments(), seed);
      if (args.isPresent()) {
        Layer layer = (Layer) make(k, args.get());
        layer.initAllStates();
        return new UserModel(layer, HostTensor.full(setup.input().get(), 0));
      }
    }
    String known =
        all.stream()
            .map(
                k -> Stream.of(k.getParameterTypes()).map(Class::getSimpleName).toList().toString())
            .reduce((a, b) -> a + " or " + b)
            .orElse("none that is public");
    throw new IOException(
        "--new has %s, expected the numbers of a constructor of %s: %s"
            .formatted(setup.arguments(), c.getSimpleName(), known));
  }

  private static Object make(Constructor<?> k, List<Object> args) throws IOException {
    try {
      return k.newInstance(args.toArray());
    } catch (InvocationTargetException e) {
      throw new IOException(k.getName() + ": " + e.getCause().getMessage(), e);
    } catch (ReflectiveOperationException e) {
      throw new IOException("cannot make a " + k.getName() + ": " + e.getMessage(), e);
    }
  }

  private static Optional<List<Object>> arguments(Constructor<?> k, List<String> texts, long seed) {
    List<Object> out = new ArrayList<>();
    int next = 0;
    for (Class<?> type : k.getParameterTypes()) {
      if (type == RandomKey.class) {
        out.add(RandomKey.of(seed));
      } else if (next == texts.size()) {
        return Optional.empty();
      } else {
        Optional<Object> value = value(type, texts.get(next++));
        if (value.isEmpty()) {
          return Optional.empty();
        }
        out.add(value.get());
      }
    }
    return next == texts.size() ? Optional.of(out) : Optional.empty();
  }

  private static Optional<Object> value(Class<?> type, String text) {
    try {
      if (type == int.class) {
        return Optional.of(Integer.valueOf(text));
      }
      if (type == long.class) {
        return Optional.of(Long.valueOf(text));
      }
      if (type == double.class) {
        return Optional.of(Double.valueOf(text));
      }
      return type == boolean.class && text.matches("true|false")
          ? Optional.of(Boolean.valueOf(text))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
