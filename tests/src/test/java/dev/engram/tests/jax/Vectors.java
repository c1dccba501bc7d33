package dev.engram.tests.jax;

import dev.engram.io.Safetensors;
import dev.engram.ir.HostTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/** A file of reference vectors among the resources of the tests. */
public record Vectors(Safetensors file) {

  /**
   * Reads one.
   *
   * @param resource such as {@code /jax/layers.safetensors}
   */
  public static Vectors of(String resource) {
    try {
      var url = Objects.requireNonNull(Vectors.class.getResource(resource), resource);
      return new Vectors(Safetensors.read(Path.of(url.toURI())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns a tensor by its name. */
  public HostTensor get(String name) {
    return file.entry(name).tensor();
  }
}
