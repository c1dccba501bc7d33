package dev.engram.cli;

import dev.engram.cli.text.EngramVersion;
import picocli.CommandLine.IVersionProvider;

/** Provides the versions of Engram and of Java. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"engram " + EngramVersion.text() + ", Java " + Runtime.version()};
  }
}
