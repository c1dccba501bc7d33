package dev.engram.tests.docs;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.DocTree;
import com.sun.source.doctree.LinkTree;
import com.sun.source.doctree.LiteralTree;
import com.sun.source.doctree.StartElementTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** What a package offers, as tables made of its sources: constructors, methods, first sentences. */
final class Catalogue {
  private static final Path CORE =
      Sources.ROOT.resolve("core/src/main/java/dev/engram").toAbsolutePath();

  /** The end of a sentence, which that of "et al." is not. */
  private static final Pattern END = Pattern.compile("(?<!et al)\\.(?=\\s|$)");

  /** What ends the text that a sentence is taken from. */
  private static final Set<String> BLOCKS = Set.of("p", "pre", "ul", "ol", "table");

  /** A character as the compiler prints it. */
  private static final Pattern ESCAPED = Pattern.compile("\\\\u([0-9a-f]{4})");

  /** A public class of a package. */
  private record Type(CompilationUnitTree unit, String outer, ClassTree tree) {
    String name() {
      return outer + tree.getSimpleName();
    }

    boolean extendsOne(Set<String> names) {
      Tree parent = tree.getExtendsClause();
      boolean isOne = parent != null && names.contains(parent.toString().replaceAll("<.*", ""));
      return isOne
          || tree.getImplementsClause().stream().anyMatch(i -> names.contains(i.toString()));
    }

    boolean is(Modifier m) {
      return tree.getModifiers().getFlags().contains(m);
    }
  }

  private final DocTrees docs;
  private final List<Type> types;

  private Catalogue(DocTrees docs, List<Type> types) {
    this.docs = docs;
    this.types = types;
  }

  static Catalogue of(String folder) {
    JavaCompiler javac = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler());
    try (StandardJavaFileManager files = javac.getStandardFileManager(null, null, null);
        Stream<Path> list = Files.list(CORE.resolve(folder))) {
      List<Path> sources = list.filter(f -> f.toString().endsWith(".java")).sorted().toList();
      JavacTask task =
          (JavacTask)
              javac.getTask(
                  null, files, null, null, null, files.getJavaFileObjectsFromPaths(sources));
      List<Type> types = new ArrayList<>();
      for (CompilationUnitTree unit : task.parse()) {
        for (Tree t : unit.getTypeDecls()) {
          if (t instanceof ClassTree c && isPublic(c.getModifiers().getFlags())) {
            types.add(new Type(unit, "", c));
            addNested(unit, c, types);
          }
        }
      }
      return new Catalogue(DocTrees.instance(task), types);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void addNested(CompilationUnitTree unit, ClassTree in, List<Type> types) {
    boolean open = in.getKind() == Tree.Kind.INTERFACE;
    for (Tree t : in.getMembers()) {
      if (t instanceof ClassTree c && (open || isPublic(c.getModifiers().getFlags()))) {
        types.add(new Type(unit, in.getSimpleName() + ".", c));
      }
    }
  }

  private static boolean isPublic(Set<Modifier> flags) {
    return flags.contains(Modifier.PUBLIC);
  }

  /** A table of the classes that extend or implement one of {@code parents}. */
  String subclasses(String... parents) {
    return classes(t -> t.extendsOne(Set.of(parents)) && !t.is(Modifier.ABSTRACT));
  }

  /** A table of these classes. */
  String named(String... names) {
    List<String> wanted = List.of(names);
    Set<String> missing = new TreeSet<>(wanted);
    types.forEach(t -> missing.remove(t.name()));
    if (!missing.isEmpty()) {
      throw new AssertionError("no classes " + missing);
    }
    return classes(t -> wanted.contains(t.name()));
  }

  private String classes(Predicate<Type> wanted) {
    StringBuilder out = new StringBuilder("| class | constructors | |\n|---|---|---|\n");
    types.stream()
        .filter(wanted)
        .sorted(Comparator.comparing(Type::name))
        .forEach(
            t ->
                out.append(
                    row("`" + t.name() + "`", made(t), sentence(t, t.tree).orElse(""))
                        .concat("\n")));
    return out.toString();
  }

  private static String row(String... cells) {
    return "| " + String.join(" | ", cells) + " |";
  }

  /** The shortest constructor, or for a record its components. */
  private String made(Type t) {
    List<String> all =
        t.tree.getMembers().stream()
            .filter(m -> m instanceof MethodTree c && c.getReturnType() == null)
            .map(MethodTree.class::cast)
            .filter(c -> isPublic(c.getModifiers().getFlags()))
            .sorted(Comparator.comparing(c -> parameters(c).length()))
            .map(c -> "`(" + typedParameters(c) + ")`")
            .distinct()
            .limit(2)
            .toList();
    return all.isEmpty() ? factories(t) : String.join("<br>", all);
  }

  /** The static methods that make one. */
  private static String factories(Type t) {
    return t.tree.getMembers().stream()
        .filter(m -> m instanceof MethodTree f && f.getReturnType() != null && isOffered(t, f))
        .map(MethodTree.class::cast)
        .filter(f -> f.getReturnType().toString().startsWith(t.tree.getSimpleName().toString()))
        .map(f -> "`." + f.getName() + "(" + typedParameters(f) + ")`")
        .distinct()
        .collect(Collectors.joining("<br>"));
  }

  private static String parameters(MethodTree m) {
    return m.getParameters().stream().map(Catalogue::parameter).collect(Collectors.joining(", "));
  }

  private static String typedParameters(MethodTree m) {
    return m.getParameters().stream()
        .map(p -> type(p) + " " + p.getName())
        .collect(Collectors.joining(", "));
  }

  private static String type(VariableTree p) {
    String type = p.getType().toString().replaceAll("java\\.util\\.(function\\.)?", "");
    return p.toString().contains("...") ? type.replaceFirst("\\[\\]$", "...") : type;
  }

  private static String parameter(VariableTree p) {
    String type = type(p);
    return switch (type) {
      case "int", "double", "long", "boolean", "int[]", "double[]", "int...", "double..." ->
          type + " " + p.getName();
      default -> p.getName().toString();
    };
  }

  /** A table of the public static methods of a class or interface. */
  String methods(String name) {
    Type t =
        types.stream()
            .filter(x -> x.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no class " + name));
    StringBuilder out = new StringBuilder("| `" + name + ".` | |\n|---|---|\n");
    String last = "";
    for (Tree m : t.tree.getMembers()) {
      if (m instanceof MethodTree f && isOffered(t, f) && !f.getName().contentEquals(last)) {
        last = f.getName().toString();
        out.append(
            row("`" + last + "(" + parameters(f) + ")`", sentence(t, f).orElse("")).concat("\n"));
      }
    }
    return out.toString();
  }

  private static boolean isOffered(Type t, MethodTree m) {
    Set<Modifier> flags = m.getModifiers().getFlags();
    boolean open = t.tree.getKind() == Tree.Kind.INTERFACE || isPublic(flags);
    return m.getReturnType() != null
        && flags.contains(Modifier.STATIC)
        && open
        && !flags.contains(Modifier.PRIVATE);
  }

  /** The first sentence of a comment, as Markdown. */
  private Optional<String> sentence(Type t, Tree of) {
    TreePath path = Objects.requireNonNull(TreePath.getPath(t.unit, of));
    DocCommentTree comment = docs.getDocCommentTree(path);
    if (comment == null) {
      return Optional.empty();
    }
    StringBuilder text = new StringBuilder();
    for (DocTree d : comment.getFullBody()) {
      if (d instanceof StartElementTree e && BLOCKS.contains(e.getName().toString())) {
        break;
      }
      text.append(markdown(d));
    }
    Matcher end = END.matcher(text);
    String first = end.find() ? text.substring(0, end.start() + 1) : text.toString();
    return Optional.of(first.replaceAll("\\s+", " ").replace("|", "\\|").replaceAll(": *$", ""));
  }

  private static String markdown(DocTree d) {
    return decoded(words(d));
  }

  private static String decoded(String text) {
    return ESCAPED
        .matcher(text)
        .replaceAll(m -> Character.toString(Integer.parseInt(m.group(1), 16)))
        .replace("&gt;", ">")
        .replace("&lt;", "<");
  }

  private static String words(DocTree d) {
    return switch (d) {
      case LiteralTree l -> "`" + l.getBody().toString().strip() + "`";
      case LinkTree l ->
          "`"
              + l.getReference()
                  .toString()
                  .replaceFirst("^#", "")
                  .replaceFirst(".*\\.(?=[A-Z])", "")
              + "`";
      default ->
          d.getKind() == DocTree.Kind.START_ELEMENT || d.getKind() == DocTree.Kind.END_ELEMENT
              ? ""
              : d.toString();
    };
  }
}
