package dev.engram.tests.users;

import dev.engram.Compiler;
import dev.engram.Engram;
import dev.engram.Fn1;
import dev.engram.Jitted;
import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.RunException;
import dev.engram.ir.Storage;
import dev.engram.ir.Tensor;
import dev.engram.state.StateSlot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Does what a {@link UserCase} says, with the library and with plain arrays, and compares all
 * states and all that the user has kept after every deed.
 */
final class OneUser {
  private static final Runnable NOTHING = () -> {};

  private final UserCase user;
  private final Path folder;

  private final List<State> states = new ArrayList<>();
  private final List<Fn1<Tensor, List<Tensor>>> functions = new ArrayList<>();
  private Plain plain;
  private final List<Kept> kept = new ArrayList<>();
  private Optional<Plain> saved = Optional.empty();

  /** The states as a hook sees them; empty while none may be called. */
  private Optional<Plain> atHook = Optional.empty();

  private boolean running;

  /** What a faulty library would have done besides. */
  @FunctionalInterface
  interface Fault {
    /**
     * @param deed was done just now
     * @param kept is what the user holds
     */
    void spoil(Deed deed, List<State> states, List<Tensor> kept);
  }

  private OneUser(UserCase user, List<String> backends, Path folder) {
    this.user = user;
    this.folder = folder;
    long[][] first = new long[user.states()][];
    for (int i = 0; i < user.states(); i++) {
      first[i] = i == 1 && user.shared() ? first[0] : numbers(user.seed() + i);
    }
    this.plain = new Plain(user.type(), first);
    HostTensor one = Plain.tensor(user.type(), first[0]);
    for (int i = 0; i < user.states(); i++) {
      HostTensor x = i <= 1 && user.shared() ? one : Plain.tensor(user.type(), first[i]);
      State.Kind[] kinds = State.Kind.values();
      states.add(State.of(kinds[i % kinds.length], x));
      keep(x, first[i]);
    }
    for (int i = 0; i < user.functions().size(); i++) {
      functions.add(compiled(user.functions().get(i), backends.get(i % backends.size())));
    }
  }

  /**
   * Runs the case.
   *
   * @param backends for the functions, in turn
   * @throws AssertionError saying which deed went wrong
   */
  static void run(UserCase user, List<String> backends, Path folder, Fault fault) {
    OneUser u = new OneUser(user, backends, folder);
    for (int i = 0; i < user.deeds().size(); i++) {
      Deed d = user.deeds().get(i);
      try {
        u.act(d);
        fault.spoil(d, u.states, u.kept.stream().map(k -> k.tensor).toList());
        u.check();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(
            "deed %d, %s, on %s: %s".formatted(i, d, String.join(",", backends), e), e);
      }
    }
  }

  /** Numbers that fit into every type. */
  private long[] numbers(long seed) {
    long[] out = new long[(int) user.type().size()];
    Arrays.setAll(out, k -> (seed * 31 + k * 7919L & 0xFFFFFF) % 21 - 10);
    return out;
  }

  private Fn1<Tensor, List<Tensor>> compiled(UserCase.Function f, String backend) {
    Jitted.Of1<Tensor, List<Tensor>> g =
        Engram.jit(
            new Compiler(backend),
            (Tensor x) -> {
              List<Tensor> results = new ArrayList<>();
              Line.With with = new Line.With(states, x, results, s -> hook(f, s));
              f.lines().forEach(line -> line.run(with));
              return results;
            });
    return f.donates() ? g.donating(0) : g;
  }

  /** What a hook does: looks, and tries what it must not do. */
  private void hook(UserCase.Function f, State s) {
    long[] want = atHook.orElseThrow().values()[states.indexOf(s)];
    keep(s.value(), want);
    keep(new States(Map.of("s", s)).snapshot().get("s"), want);
    if (running && f.lines().stream().anyMatch(l -> l.kind() == Line.Kind.ADD && is(l, s))) {
      try {
        s.set(Plain.tensor(user.type(), want));
        throw new AssertionError("a hook has set a state of the program that runs");
      } catch (RunException expected) {
        // refused
      }
    }
  }

  private boolean is(Line l, State s) {
    return states.get(l.i()).equals(s);
  }

  private void keep(Tensor t, long[] want) {
    kept.add(new Kept(t, want));
  }

  private void act(Deed d) {
    int a = d.a() % user.states();
    int b = d.b() % user.states();
    switch (d.kind()) {
      case CALL -> call(d, NOTHING);
      case CALLS -> {
        for (int i = 0; i < 3; i++) {
          call(d, NOTHING);
        }
      }
      case CALL_INTERRUPTED -> {
        try {
          call(d, () -> Thread.currentThread().interrupt());
        } finally {
          Thread.interrupted();
        }
      }
      case LINES -> lines(d);
      case READ -> keep(states.get(a).value(), plain.values()[a]);
      case WRITE_BACK -> {
        states.get(b).set(states.get(a).value());
        plain.values()[b] = plain.values()[a];
      }
      case WRITE_VIEW -> {
        states.get(b).set(view(states.get(a).value(), d.c()));
        plain.values()[b] = plain.values()[a];
      }
      case SET -> {
        long[] next = numbers(d.c());
        HostTensor x = Plain.tensor(user.type(), next);
        keep(x, next);
        states.get(a).set(x);
        plain.values()[a] = next;
      }
      case SET_KEPT -> {
        Kept k = kept.get(d.b() % kept.size());
        if (k.isThere()) {
          states.get(a).set(k.tensor);
          plain.values()[a] = k.want;
        }
      }
      case CLOSE -> close(d, kept.get(d.b() % kept.size()));
      case SNAPSHOT -> {
        Map<String, Tensor> all = all(0).snapshot();
        for (int i = 0; i < user.states(); i++) {
          keep(all.get("s" + i), plain.values()[i]);
        }
      }
      case COPY_FROM -> {
        all(0).copyFrom(all(d.c()));
        long[][] before = plain.values().clone();
        for (int i = 0; i < user.states(); i++) {
          plain.values()[i] = before[(i + d.c()) % user.states()];
        }
      }
      case SAVE, LOAD -> file(d.kind() == Deed.Kind.SAVE);
      case FORGET -> kept.subList(0, kept.size() / 2).clear();
    }
    if (kept.isEmpty()) {
      keep(states.get(a).value(), plain.values()[a]);
    }
  }

  private States all(int shift) {
    Map<String, State> byPath = new LinkedHashMap<>();
    for (int i = 0; i < user.states(); i++) {
      byPath.put("s" + i, states.get((i + shift) % user.states()));
    }
    return new States(byPath);
  }

  private void file(boolean save) {
    Path file = folder.resolve("user");
    try {
      if (save) {
        all(0).save(file);
        saved = Optional.of(new Plain(plain.type(), plain.values().clone()));
      } else if (saved.isPresent()) {
        all(0).load(file);
        plain = new Plain(plain.type(), saved.get().values().clone());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void close(Deed d, Kept k) {
    k.close(states, kept);
    if (k.isClosed()) {
      State s = states.get(d.a() % user.states());
      k.requireRefused("setting", () -> s.set(k.tensor));
      k.requireRefused("a call", () -> functions.get(d.c() % functions.size()).apply(k.tensor));
      // This may have the memory.
      long[] next = numbers(d.c());
      keep(Plain.tensor(user.type(), next), next);
    }
  }

  /** The same values, in the same memory or elsewhere. */
  private Tensor view(Tensor x, int which) {
    int n = (int) x.shape().size();
    return switch (which % 6) {
      case 0 -> x.reshape(n).reshape(x.shape());
      case 1 -> x.slice(0, 0, x.dim(0));
      case 2 -> x.expandDims(0).squeeze(0);
      case 3 -> x.reverse(0).reverse(0);
      case 4 -> x.broadcastTo(x.shape());
      default -> Tensor.concat(0, x, x).slice(0, x.dim(0), 2 * x.dim(0));
    };
  }

  /** The argument of a call, which is kept. */
  private Kept argument(Deed d) {
    int a = d.c() % user.states();
    switch (d.b() % 4) {
      case 0 -> {}
      case 1 -> keep(states.get(a).value(), plain.values()[a]);
      default -> {
        Kept k = kept.get(d.c() % kept.size());
        if (k.isThere()) {
          if (d.b() % 4 == 3) {
            keep(view(k.tensor, d.c() / 8), k.want);
            return kept.getLast();
          }
          return k;
        }
      }
    }
    if (d.b() % 4 != 1) {
      long[] x = numbers(d.c());
      keep(Plain.tensor(user.type(), x), x);
    }
    return kept.getLast();
  }

  private void call(Deed d, Runnable before) {
    int which = d.a() % functions.size();
    UserCase.Function f = user.functions().get(which);
    Kept argument = argument(d);
    atHook = Optional.of(new Plain(plain.type(), plain.values().clone()));
    Plain next = new Plain(plain.type(), plain.values().clone());
    List<long[]> want = new ArrayList<>();
    boolean refused = isRefused(f, next, argument.want, want);
    before.run();
    running = true;
    List<Tensor> results;
    try {
      results = functions.get(which).apply(argument.tensor);
    } catch (InterruptedRunException e) {
      if (!Thread.currentThread().isInterrupted()) {
        throw e;
      }
      return;
    } catch (RunException e) {
      if (!refused) {
        throw e;
      }
      return;
    } finally {
      running = false;
    }
    if (refused) {
      throw new AssertionError("no error, expected that of a check or hook");
    }
    plain = next;
    if (f.donates()) {
      Storage given = argument.storage();
      kept.stream().filter(k -> k.storage().equals(given)).forEach(k -> k.mayBeDonated = true);
    }
    for (int i = 0; i < want.size(); i++) {
      keep(results.get(i), want.get(i));
    }
  }

  private static boolean isRefused(
      UserCase.Function f, Plain p, long[] argument, List<long[]> results) {
    try {
      f.lines().forEach(line -> line.plainly(p, argument, results));
      return false;
    } catch (Line.Refused e) {
      return true;
    }
  }

  /** The lines one after the other: those before an error count. */
  private void lines(Deed d) {
    UserCase.Function f = user.functions().get(d.a() % functions.size());
    Kept argument = argument(d);
    List<Tensor> results = new ArrayList<>();
    Line.With with = new Line.With(states, argument.tensor, results, s -> hook(f, s));
    for (Line line : f.lines()) {
      List<long[]> want = new ArrayList<>();
      results.clear();
      atHook = Optional.of(plain);
      boolean refused =
          isRefused(new UserCase.Function(List.of(line), false), plain, argument.want, want);
      try {
        line.run(with);
      } catch (RunException | IllegalStateException e) {
        if (!refused) {
          throw e;
        }
        return;
      }
      if (refused) {
        throw new AssertionError("no error at " + line);
      }
      for (int i = 0; i < want.size(); i++) {
        keep(results.get(i), want.get(i));
      }
    }
  }

  /** Looks at the states as the library holds them: to read them would change who holds them. */
  private void check() {
    for (int i = 0; i < states.size(); i++) {
      require("state " + i, StateSlot.of(states.get(i)).lend().host(), plain.values()[i]);
    }
    for (int i = 0; i < kept.size(); i++) {
      kept.get(i).check("kept tensor " + i);
    }
  }

  private void require(String what, HostTensor got, long[] want) {
    if (!got.type().equals(user.type())) {
      throw new AssertionError(what + " has type " + got.type() + ", expected " + user.type());
    }
    Kept.require(what, got, want);
  }
}
