package dev.engram.cli.text;

import java.lang.module.ModuleDescriptor;
import java.util.Optional;

/** The version of Engram. */
public final class EngramVersion {
  private EngramVersion() {}

  /** Returns that of this module; none where it runs from a folder of classes. */
  public static String text() {
    return Optional.ofNullable(EngramVersion.class.getModule().getDescriptor())
        .flatMap(ModuleDescriptor::rawVersion)
        .orElse("(unpackaged)");
  }
}
