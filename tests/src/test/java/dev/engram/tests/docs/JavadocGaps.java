package dev.engram.tests.docs;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;

/**
 * What users can see of a source without a comment that documents it: types, methods, constructors,
 * fields and constants of enums that are public or protected in types that are.
 *
 * <p>Three kinds need none, since the reader finds their text elsewhere:
 *
 * <ul>
 *   <li>a method with {@code @Override}, for which {@code javadoc} copies the comment of the method
 *       that it overrides;
 *   <li>the canonical constructor of a record, compact or written out: the record's own comment
 *       describes the components, and a check of arguments adds nothing to it;
 *   <li>the accessor of a component, for the same reason.
 * </ul>
 */
final class JavadocGaps {
  private final DocTrees docs;
  private final CompilationUnitTree unit;
  private final List<String> gaps = new ArrayList<>();

  private JavadocGaps(DocTrees docs, CompilationUnitTree unit) {
    this.docs = docs;
    this.unit = unit;
  }

  /** Returns the gaps of the sources, each as {@code Outer.Inner.member (line)}. */
  static List<String> of(List<? extends JavaFileObject> sources) {
    JavaCompiler javac = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler());
    JavacTask task = (JavacTask) javac.getTask(null, null, null, null, null, sources);
    DocTrees docs = DocTrees.instance(task);
    List<String> all = new ArrayList<>();
    try {
      for (CompilationUnitTree unit : task.parse()) {
        JavadocGaps one = new JavadocGaps(docs, unit);
        for (Tree t : unit.getTypeDecls()) {
          if (t instanceof ClassTree c) {
            one.type(c, "", false);
          }
        }
        all.addAll(one.gaps);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  private void type(ClassTree type, String outer, boolean inInterface) {
    if (!isSeen(type.getModifiers(), inInterface)) {
      return;
    }
    String name = outer + type.getSimpleName();
    check(type, name);
    boolean isInterface =
        type.getKind() == Tree.Kind.INTERFACE || type.getKind() == Tree.Kind.ANNOTATION_TYPE;
    for (Tree member : type.getMembers()) {
      switch (member) {
        case ClassTree c -> type(c, name + ".", isInterface);
        case MethodTree m when isSeen(m.getModifiers(), isInterface) -> method(type, m, name);
        case VariableTree v when isSeen(v.getModifiers(), isInterface) ->
            check(v, name + "." + v.getName());
        default -> {}
      }
    }
  }

  private void method(ClassTree type, MethodTree m, String outer) {
    boolean overrides =
        m.getModifiers().getAnnotations().stream()
            .anyMatch(a -> a.getAnnotationType().toString().equals("Override"));
    boolean ofRecord = type.getKind() == Tree.Kind.RECORD && describedByRecord(type, m);
    // A constructor that the compiler adds has no place in the source.
    boolean written = docs.getSourcePositions().getEndPosition(unit, m) >= 0;
    if (!overrides && !ofRecord && written) {
      String types =
          m.getParameters().stream()
              .map(p -> p.getType().toString())
              .collect(Collectors.joining(", ", "(", ")"));
      boolean constructor = m.getReturnType() == null;
      check(m, (constructor ? "new " + outer : outer + "." + m.getName()) + types);
    }
  }

  /** The canonical constructor and the accessors. */
  private static boolean describedByRecord(ClassTree record, MethodTree m) {
    List<VariableTree> components =
        record.getMembers().stream()
            .filter(VariableTree.class::isInstance)
            .map(VariableTree.class::cast)
            .filter(v -> !v.getModifiers().getFlags().contains(Modifier.STATIC))
            .toList();
    if (m.getReturnType() == null) {
      return types(m.getParameters()).equals(types(components));
    }
    return m.getParameters().isEmpty()
        && components.stream().anyMatch(c -> c.getName().equals(m.getName()));
  }

  private static List<String> types(List<? extends VariableTree> variables) {
    return variables.stream().map(v -> v.getType().toString()).toList();
  }

  private static boolean isSeen(ModifiersTree modifiers, boolean inInterface) {
    Set<Modifier> flags = modifiers.getFlags();
    return flags.contains(Modifier.PUBLIC)
        || flags.contains(Modifier.PROTECTED)
        || (inInterface && !flags.contains(Modifier.PRIVATE));
  }

  private void check(Tree tree, String what) {
    if (docs.getDocComment(TreePath.getPath(unit, tree)) == null) {
      long start = docs.getSourcePositions().getStartPosition(unit, tree);
      gaps.add(what + " (line " + unit.getLineMap().getLineNumber(start) + ")");
    }
  }
}
