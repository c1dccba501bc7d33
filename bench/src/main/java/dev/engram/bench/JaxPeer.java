package dev.engram.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The copying task and other nets in JAX: {@code bench/peers/jax_copying.py}, which uses {@code
 * jax_online.py} beside it.
 *
 * @param version of JAX
 */
record JaxPeer(String python, Path script, int threads, String version) {

  /**
   * Looks for a Python with JAX, named by the property {@code engram.python} ({@code python3}), and
   * for the script in the checkout, the working directory or {@code engram.root}.
   *
   * @return empty when one of them is missing
   */
  static Optional<JaxPeer> find(int threads) {
    String python = System.getProperty("engram.python", "python3");
    Path script =
        Path.of(System.getProperty("engram.root", ""), "bench", "peers", "jax_copying.py")
            .toAbsolutePath();
    if (!Files.isReadable(script)) {
      return Optional.empty();
    }
    try {
      String ask = "import jax; print('{\"version\": \"' + jax.__version__ + '\"}')";
      Line line = new Child(List.of(python, "-c", ask)).run().only();
      return Optional.of(new JaxPeer(python, script, threads, line.text("version")));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  Child.Answers run(String mode, List<String> options) throws IOException {
    return child(mode, options).run();
  }

  Child child(String mode, List<String> options) {
    List<String> command = new ArrayList<>(List.of(python, script.toString(), mode));
    command.addAll(List.of("--threads", Integer.toString(threads)));
    command.addAll(options);
    return new Child(command);
  }
}
