package dev.engram.tests.users;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Users alone, on every backend and on several at once. */
final class OneUsers {
  private static final List<List<String>> BACKENDS =
      List.of(
          List.of("cpu"),
          List.of("loops"),
          List.of("interpreter"),
          List.of("cpu", "interpreter", "loops"));

  private final Path folder;

  OneUsers(Path folder) {
    this.folder = folder;
  }

  /** What goes wrong for the user of this seed, with as few deeds as show it. */
  Optional<String> find(long seed) {
    return find(UserCase.draw(seed), (_, _, _) -> {});
  }

  Optional<String> find(UserCase user, OneUser.Fault fault) {
    return BACKENDS.stream().flatMap(b -> find(user, b, fault).stream()).findFirst();
  }

  /** The same, on the backends whose turn it is. */
  Optional<String> findInTurn(long seed) {
    List<String> backends = BACKENDS.get(Math.floorMod(seed, BACKENDS.size()));
    return find(UserCase.draw(seed), backends, (_, _, _) -> {});
  }

  /** The same for a user of large tensors. */
  Optional<String> findLarge(long seed) {
    return find(UserCase.large(seed), BACKENDS.getFirst(), (_, _, _) -> {});
  }

  private Optional<String> find(UserCase user, List<String> backends, OneUser.Fault fault) {
    if (failure(user, backends, fault).isEmpty()) {
      return Optional.empty();
    }
    UserCase least = UserShrinker.shrink(user, u -> failure(u, backends, fault).isPresent());
    return failure(least, backends, fault).map(e -> e + System.lineSeparator() + least);
  }

  private Optional<String> failure(UserCase user, List<String> backends, OneUser.Fault fault) {
    try {
      OneUser.run(user, backends, folder, fault);
      return Optional.empty();
    } catch (AssertionError e) {
      return Optional.of(e.getMessage());
    }
  }
}
