package dev.engram.tests.users;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.engram.State;
import dev.engram.States;
import dev.engram.ir.HostTensor;
import dev.engram.ir.InterruptedRunException;
import dev.engram.ir.Tensor;
import dev.engram.state.StateSlot;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random users find a planted fault soon. */
class PlantedUserFaultsTest {
  private static final int ALONE = 60;
  private static final int CROWDS = 15;

  @TempDir Path folder;

  /** A fault of what one user sees. */
  record Alone(String name, OneUser.Fault fault) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** A fault of what a crowd sees. */
  record Among(String name, Library library) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Alone> alone() {
    return Stream.of(
        new Alone(
            "a call writes over a tensor that the user keeps",
            (d, _, kept) -> {
              if (d.kind() == Deed.Kind.CALL) {
                spoil(kept.getLast());
              }
            }),
        new Alone(
            "a call writes over the value that it has replaced",
            (d, states, kept) -> {
              if (d.kind() == Deed.Kind.READ) {
                spoil(states.get(d.a() % states.size()).value());
              }
            }),
        new Alone(
            "two states with one tensor are written together",
            (d, states, _) -> {
              if (d.kind() == Deed.Kind.WRITE_BACK && states.size() > 1) {
                spoil(StateSlot.of(states.get(d.b() % states.size())).lend().host());
              }
            }),
        new Alone(
            "a run that was interrupted has changed a state",
            (d, states, _) -> {
              if (d.kind() == Deed.Kind.CALL_INTERRUPTED) {
                spoil(StateSlot.of(states.getFirst()).lend().host());
              }
            }),
        new Alone(
            "to close a tensor gives away what a state has",
            (d, states, _) -> {
              if (d.kind() == Deed.Kind.CLOSE) {
                spoil(StateSlot.of(states.get(d.a() % states.size())).lend().host());
              }
            }),
        new Alone(
            "to close a tensor gives away another that the user keeps",
            (d, _, kept) -> {
              if (d.kind() == Deed.Kind.CLOSE) {
                spoil(kept.getFirst());
              }
            }),
        new Alone(
            "a file that is loaded lacks a state",
            (d, states, _) -> {
              if (d.kind() == Deed.Kind.LOAD) {
                State s = states.getLast();
                s.set(HostTensor.full(s.type(), 17));
              }
            }));
  }

  private static void spoil(Tensor t) {
    HostTensor x = t.host();
    if (!x.isDonated() && !x.isClosed()) {
      x.setDouble(0, x.getDouble(0) + 1);
    }
  }

  @ParameterizedTest
  @MethodSource("alone")
  void aFaultForOneUserIsFound(Alone fault) {
    OneUsers users = new OneUsers(folder);
    for (long seed = 0; seed < ALONE; seed++) {
      Optional<String> find = users.find(UserCase.draw(seed), fault.fault());
      if (find.isPresent()) {
        assertTrue(find.get().lines().count() < 12, () -> "shrunk: " + find.get());
        return;
      }
    }
    fail(fault + " was not found with " + ALONE + " users");
  }

  static Stream<Among> among() {
    return Stream.of(
        new Among(
            "a writer writes in place whoever reads",
            new Library() {
              @Override
              List<Tensor> count(Group g, Group.Way way) {
                List<Tensor> now = super.count(g, way);
                State s = g.counters.getFirst();
                HostTensor t = StateSlot.of(s).lend().host();
                for (long i = 0; i < t.type().size(); i++) {
                  t.setDouble(i, t.getDouble(i) + 1);
                  Thread.yield();
                }
                return now;
              }
            }),
        new Among(
            "an update is lost where two write",
            new Library() {
              @Override
              List<Tensor> count(Group g, Group.Way way) {
                Map<String, Tensor> before = g.all.snapshot();
                List<Tensor> now = super.count(g, way);
                before.forEach((path, x) -> g.all.get(path).set(x.add(x.like(way.by()))));
                return now;
              }
            }),
        new Among(
            "states are set one by one",
            new Library() {
              @Override
              void copy(States from, States to) {
                from.byPath().forEach((path, s) -> to.get(path).set(s.value()));
              }
            }),
        new Among(
            "a snapshot reads state by state",
            new Library() {
              @Override
              Map<String, Tensor> snapshot(States all) {
                Map<String, Tensor> out = new LinkedHashMap<>();
                all.byPath()
                    .forEach(
                        (path, s) -> {
                          Thread.yield();
                          out.put(path, s.value());
                        });
                return out;
              }
            }),
        new Among(
            "an interrupted run has set the states",
            new Library() {
              @Override
              List<Tensor> count(Group g, Group.Way way) {
                List<Tensor> now = super.count(g, way);
                if (Thread.currentThread().isInterrupted()) {
                  throw InterruptedRunException.waiting("a counter");
                }
                return now;
              }
            }),
        new Among(
            "a value that a user holds is written to later",
            new Library() {
              private Optional<HostTensor> given = Optional.empty();

              @Override
              synchronized Tensor value(State s) {
                given.ifPresent(PlantedUserFaultsTest::spoil);
                given = Optional.of(super.value(s).host());
                return given.get();
              }
            }),
        new Among(
            "a donated tensor is a result while its view is read",
            new Library() {
              @Override
              Tensor doubled(Group g, Tensor x) {
                HostTensor twice = HostTensor.allocate(x.type());
                twice.segment().copyFrom(x.add(x).host().segment());
                x.host().segment().fill((byte) 1);
                return twice;
              }
            }));
  }

  static Stream<Among> amongOfClosing() {
    return Stream.of(
        new Among(
            "a closed tensor is read",
            new Library() {
              @Override
              void close(Tensor x) {}
            }),
        new Among(
            "the memory of a closed tensor is given to two",
            new Library() {
              private final List<MemorySegment> closed = new ArrayList<>();

              @Override
              synchronized void close(Tensor x) {
                closed.forEach(m -> m.fill((byte) 1));
                closed.add(x.host().segment());
                super.close(x);
              }
            }));
  }

  @ParameterizedTest
  @MethodSource({"among", "amongOfClosing"})
  void aFaultForACrowdIsFound(Among fault) throws Exception {
    for (long seed = 0; seed < CROWDS; seed++) {
      if (new Crowd(seed, fault.library(), folder).find().isPresent()) {
        return;
      }
    }
    fail(fault + " was not found in " + CROWDS + " crowds");
  }
}
