package dev.engram.cli.doctor;

import dev.engram.lower.Backend;
import dev.engram.lower.Device;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What was found out about a backend.
 *
 * @param unavailable why it has no device; empty where it has one
 * @param broken whether it threw where it should list its devices
 */
record BackendState(
    String name,
    Map<String, String> facts,
    Optional<String> unavailable,
    boolean broken,
    List<DeviceState> devices) {

  /**
   * One of its devices.
   *
   * @param facts what it tells beyond its backend
   */
  record DeviceState(String name, Map<String, String> facts, Outcome outcome) {}

  /** Asks {@code backend}, and tries its devices. */
  static BackendState of(String name, Backend backend, SmallProgram program) {
    Map<String, String> facts = facts(backend::facts);
    List<Device> devices;
    Optional<String> why;
    try {
      devices = List.copyOf(backend.devices());
      why = devices.isEmpty() ? Optional.of(reason(backend)) : Optional.empty();
    } catch (RuntimeException | LinkageError e) {
      return new BackendState(name, facts, Optional.of(Outcome.message(e)), true, List.of());
    }
    List<DeviceState> states = new ArrayList<>();
    for (Device d : devices) {
      // one that is a device itself says the same again
      Map<String, String> more = d.equals(backend) ? Map.of() : facts(d::facts);
      states.add(new DeviceState(text(d::name), more, program.on(backend, d)));
    }
    return new BackendState(name, facts, why, false, states);
  }

  private static String reason(Backend backend) {
    return text(() -> backend.unavailable().orElse("it does not say why"));
  }

  private static String text(Supplier<String> fact) {
    try {
      return String.valueOf(fact.get());
    } catch (RuntimeException | LinkageError e) {
      return "unknown: " + Outcome.message(e);
    }
  }

  private static Map<String, String> facts(Supplier<Map<String, String>> told) {
    try {
      Map<String, String> all = new LinkedHashMap<>();
      told.get().forEach((k, v) -> all.put(k, String.valueOf(v)));
      return all;
    } catch (RuntimeException | LinkageError e) {
      return Map.of("facts", "unknown: " + Outcome.message(e));
    }
  }

  /**
   * Lists what is wrong with it.
   *
   * @param asked how it was asked for, if it was; else it may be unavailable
   */
  List<String> problems(Optional<String> asked) {
    List<String> all = new ArrayList<>();
    if (broken) {
      all.add(name + ": cannot list its devices: " + unavailable.orElseThrow());
    } else if (asked.isPresent() && unavailable.isPresent()) {
      all.add(name + ", which " + asked.get() + " asks for, is unavailable: " + unavailable.get());
    }
    for (DeviceState d : devices) {
      if (d.outcome() instanceof Outcome.Fails f) {
        all.add(d.name() + ": " + f.message());
      }
    }
    return all;
  }
}
