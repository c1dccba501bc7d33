package dev.engram.cli.option;

import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.ITypeConverter;

/** A list of texts separated by commas. */
public record CommaList(List<String> all) {

  /** Parses such a list. */
  public static final class Reader implements ITypeConverter<CommaList> {
    @Override
    public CommaList convert(String text) {
      return new CommaList(Arrays.stream(text.split(",", -1)).map(String::strip).toList());
    }
  }
}
