package dev.engram.cli.option;

import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.ITypeConverter;

/** Parses one of several enum constants, and lists them for help and completion. */
public abstract class Choice<E extends Enum<E>> implements ITypeConverter<E>, Iterable<String> {
  private final List<E> constants;
  private final List<String> words;

  /** Accepts these constants. */
  protected Choice(List<E> constants) {
    this.constants = List.copyOf(constants);
    this.words = constants.stream().map(Words::of).toList();
  }

  @Override
  public final E convert(String text) {
    return constants.get(words.indexOf(Words.oneOf(words, text)));
  }

  @Override
  public final Iterator<String> iterator() {
    return words.iterator();
  }
}
