package dev.engram.cli.inspect;

import dev.engram.cli.text.JsonObject;

/** Writes a profile as JSON for scripts, with every nest. */
final class ProfileJson {
  private ProfileJson() {}

  static JsonObject of(RecordedProfile profile) {
    JsonObject out = new JsonObject();
    profile.nanos().ifPresent(n -> out.put("seconds", n / 1e9));
    return out.put("programs", profile.programs().stream().map(ProfileJson::program).toList())
        .put("nests", profile.nests().stream().map(ProfileJson::nest).toList())
        .put("outsideSeconds", profile.outside() / 1e9);
  }

  private static JsonObject program(RecordedProfile.Program p) {
    return new JsonObject()
        .put("program", p.name())
        .put("id", p.id())
        .put("backend", p.backend())
        .put("runs", p.runs())
        .put("seconds", p.nanos() / 1e9)
        .put("arenaBytes", p.arenaBytes())
        .put("inputBytes", p.inputBytes())
        .put("outputBytes", p.outputBytes());
  }

  private static JsonObject nest(RecordedProfile.Nest n) {
    return new JsonObject()
        .put("program", n.program())
        .put("id", n.id())
        .put("nest", n.place())
        .put("ops", n.label())
        .put("where", n.where())
        .put("calls", n.calls())
        .put("seconds", n.nanos() / 1e9)
        .put("bytes", n.bytes())
        .put("flops", n.flops());
  }
}
