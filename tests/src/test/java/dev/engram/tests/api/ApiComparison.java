package dev.engram.tests.api;

import static dev.engram.tests.api.Difference.Break.COMPILED_CALLERS;
import static dev.engram.tests.api.Difference.Break.SOURCES_OF_CALLERS;
import static dev.engram.tests.api.Difference.Break.SOURCES_OF_IMPLEMENTERS;
import static dev.engram.tests.api.Difference.CALLERS;
import static dev.engram.tests.api.Difference.IMPLEMENTERS;

import dev.engram.tests.api.Difference.Break;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The changes between two versions of a module, and what they break: binary compatibility follows
 * chapter 13 of the Java Language Specification. Where the text of the API does not decide, a
 * change counts as breaking.
 */
final class ApiComparison {
  private final Api old;
  private final Api now;
  private final List<Difference> found = new ArrayList<>();

  private ApiComparison(Api old, Api now) {
    this.old = old;
    this.now = now;
  }

  static List<Difference> of(Api old, Api now) {
    ApiComparison comparison = new ApiComparison(old, now);
    comparison.modules();
    comparison.types();
    return comparison.found;
  }

  private void modules() {
    for (String module : union(old.reads(), now.reads())) {
      String what = "requires transitive " + module;
      if (!now.reads().contains(module)) {
        report("- " + what, CALLERS);
      } else if (!old.reads().contains(module)) {
        report("+ " + what, Set.of());
      }
    }
  }

  private void types() {
    for (String name : union(old.types().keySet(), now.types().keySet())) {
      ApiType before = old.types().get(name);
      ApiType after = now.types().get(name);
      if (after == null) {
        report("- " + before.header(), CALLERS);
      } else if (before == null) {
        report("+ " + after.header(), Set.of());
      } else {
        header(before, after);
        new MemberComparison(before, after).run();
      }
    }
  }

  private static Set<String> union(Set<String> a, Set<String> b) {
    Set<String> all = new TreeSet<>(a);
    all.addAll(b);
    return all;
  }

  private void report(String what, Set<Break> breaks) {
    found.add(new Difference(what, breaks));
  }

  private void header(ApiType before, ApiType after) {
    if (before.header().equals(after.header())) {
      return;
    }
    Set<Break> breaks = EnumSet.noneOf(Break.class);
    if (!before.kind().equals(after.kind())
        || (before.is("public") && !after.is("public"))
        || before.is("static") != after.is("static")
        || (!before.is("abstract") && after.is("abstract"))) {
      breaks.addAll(CALLERS);
    }
    if (before.isExtensible() && !after.isExtensible()) {
      breaks.addAll(IMPLEMENTERS);
    }
    // A switch over a sealed type needs no default.
    if ((before.is("sealed") && !after.is("sealed")) || !before.generic().equals(after.generic())) {
      breaks.add(SOURCES_OF_CALLERS);
    }
    report("- " + before.header() + "\n+ " + after.header(), breaks);
  }

  /** Compares one type. */
  private final class MemberComparison {
    private final ApiType before;
    private final ApiType after;

    MemberComparison(ApiType before, ApiType after) {
      this.before = before;
      this.after = after;
    }

    void run() {
      Map<String, ApiLine> gone = before.byIdentity();
      Map<String, ApiLine> come = after.byIdentity();
      for (String key : union(gone.keySet(), come.keySet())) {
        ApiLine was = gone.get(key);
        ApiLine is = come.get(key);
        if (is == null) {
          say("- " + was, removed(was));
        } else if (was == null) {
          say("+ " + is, added(is));
        } else if (!was.equals(is)) {
          say("- " + was + "\n  + " + is, changed(was, is));
        }
      }
    }

    private void say(String what, Set<Break> breaks) {
      report(after.name() + "\n  " + what + "\n ", breaks);
    }

    private Set<Break> removed(ApiLine was) {
      return switch (was.kind()) {
        case "permits" -> Set.of();
        case "components" -> Set.of(SOURCES_OF_CALLERS);
        case "extends", "implements" -> inherits(now, after, was.key()) ? Set.of() : CALLERS;
        case "method", "field" -> moved(was) ? Set.of() : gone(was);
        default -> gone(was);
      };
    }

    private Set<Break> gone(ApiLine was) {
      Set<Break> breaks = EnumSet.noneOf(Break.class);
      if (was.is("public")) {
        breaks.addAll(CALLERS);
      }
      if (before.isExtensible() && !was.is("static")) {
        breaks.addAll(IMPLEMENTERS);
      }
      return breaks;
    }

    /** True for a member that moved up, to a type from which it is inherited. */
    private boolean moved(ApiLine was) {
      return supertypes(now, after).anyMatch(t -> was.equals(t.byIdentity().get(was.identity())));
    }

    private Set<Break> added(ApiLine is) {
      return switch (is.kind()) {
        // A switch over all subtypes, or over all constants, misses one; patterns have other parts.
        case "permits" -> before.is("sealed") ? Set.of(SOURCES_OF_CALLERS) : Set.of();
        case "components" -> Set.of(SOURCES_OF_CALLERS);
        case "field" -> is.is("constant") ? Set.of(SOURCES_OF_CALLERS) : Set.of();
        case "extends", "implements" ->
            before.isExtensible() && (before.isInterface() || before.is("abstract"))
                ? abstractIn(is.key())
                : Set.of();
        default ->
            is.is("abstract") && before.isExtensible() && !inherited(is) ? IMPLEMENTERS : Set.of();
      };
    }

    /** True when subtypes already had to implement it. */
    private boolean inherited(ApiLine is) {
      return supertypes(old, before).anyMatch(t -> t.byIdentity().containsKey(is.identity()));
    }

    /** Methods of a new supertype did not have to be implemented before. */
    private Set<Break> abstractIn(String supertype) {
      boolean none =
          now.named(supertype).stream()
              .flatMap(t -> Stream.concat(Stream.of(t), supertypes(now, t)))
              .flatMap(t -> t.lines().stream())
              .noneMatch(line -> line.is("abstract"));
      return now.named(supertype).isPresent() && none ? Set.of() : IMPLEMENTERS;
    }

    private Set<Break> changed(ApiLine was, ApiLine is) {
      Set<Break> breaks = EnumSet.noneOf(Break.class);
      if (was.is("static") != is.is("static")
          || (was.is("public") && !is.is("public"))
          || (is.kind().equals("field") && is.is("final") && !was.is("final"))) {
        breaks.addAll(CALLERS);
      }
      boolean overridden = is.kind().equals("method") && before.isExtensible() && !was.is("static");
      if (overridden && Stream.of("final", "abstract").anyMatch(m -> is.is(m) && !was.is(m))) {
        breaks.addAll(IMPLEMENTERS);
      }
      if (overridden && is.is("public") && !was.is("public")) {
        breaks.add(SOURCES_OF_IMPLEMENTERS);
      }
      if (was.is("constant") != is.is("constant") || (was.is("varargs") && !is.is("varargs"))) {
        breaks.add(SOURCES_OF_CALLERS);
      }
      // Constants that compilers have copied keep the old value.
      if (was.constant().isPresent() && !was.constant().equals(is.constant())) {
        breaks.add(COMPILED_CALLERS);
      }
      if (!was.thrown().equals(is.thrown())) {
        breaks.add(SOURCES_OF_CALLERS);
        if (overridden && !is.thrown().containsAll(was.thrown())) {
          breaks.add(SOURCES_OF_IMPLEMENTERS);
        }
      }
      if (!was.type().equals(is.type())) {
        breaks.add(COMPILED_CALLERS);
        boolean narrower =
            is.kind().equals("method")
                && (was.type().equals("void")
                    || now.named(is.type()).filter(t -> inherits(now, t, was.type())).isPresent());
        if (!narrower) {
          breaks.add(SOURCES_OF_CALLERS);
        }
        if (overridden) {
          breaks.addAll(is.is("abstract") ? IMPLEMENTERS : Set.of(SOURCES_OF_IMPLEMENTERS));
        }
      } else if (!was.generic().equals(is.generic())) {
        breaks.add(SOURCES_OF_CALLERS);
        if (overridden) {
          breaks.add(SOURCES_OF_IMPLEMENTERS);
        }
      }
      return breaks;
    }
  }

  /** Returns the supertypes that this module has, nearest first. */
  private static Stream<ApiType> supertypes(Api api, ApiType type) {
    return type.supertypes()
        .flatMap(name -> api.named(name).stream())
        .flatMap(above -> Stream.concat(Stream.of(above), supertypes(api, above)));
  }

  private static boolean inherits(Api api, ApiType type, String supertype) {
    return type.supertypes().anyMatch(supertype::equals)
        || supertypes(api, type).flatMap(ApiType::supertypes).anyMatch(supertype::equals);
  }
}
