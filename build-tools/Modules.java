import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.attribute.ModuleAttribute;
import java.lang.classfile.attribute.ModulePackagesAttribute;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.NameAndTypeEntry;
import java.lang.constant.ClassDesc;
import java.lang.constant.ModuleDesc;
import java.lang.constant.PackageDesc;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Readies the jars of others for a fast start. Run by the build on a folder that is a module path.
 *
 * <p>A jar without a descriptor gets one, of what its classes name: otherwise the JVM looks through
 * the jar at every start, and no archive keeps its graph of modules. Classes older than Java 6 get
 * the frames that the JVM has verified by ever since: no archive keeps them without.
 */
final class Modules {
  private static final String DESCRIPTOR = "module-info.class";
  private static final String MANIFEST = "META-INF/MANIFEST.MF";

  /** In a descriptor; its package is the group. */
  private static final Pattern TYPE = Pattern.compile("L([^;<]+)/[^/;<]+;");

  /** Where a class file has its version, of which this byte is enough. */
  private static final int MAJOR_VERSION = 7;

  private static final int FIRST_WITH_FRAMES = 50;

  private final ModuleDescriptor module;
  private final Path jar;
  private final SortedMap<String, byte[]> entries = new TreeMap<>();
  private boolean changed;

  private Modules(ModuleReference reference) throws IOException {
    module = reference.descriptor();
    jar = Path.of(reference.location().orElseThrow());
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        if (!entry.isDirectory()) {
          entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
        }
      }
    }
  }

  public static void main(String[] args) throws IOException {
    for (ModuleReference reference : ModuleFinder.of(Path.of(args[0])).findAll()) {
      Modules ready = new Modules(reference);
      ready.describe();
      ready.addFrames();
      ready.write();
    }
  }

  private void describe() throws IOException {
    if (module.isAutomatic()) {
      put(
          DESCRIPTOR,
          ClassFile.of()
              .buildModule(
                  ModuleAttribute.of(
                      ModuleDesc.of(module.name()),
                      to -> {
                        to.requires(ModuleDesc.of("java.base"), ClassFile.ACC_MANDATED, null);
                        required().forEach(name -> to.requires(ModuleDesc.of(name), 0, null));
                        packages().forEach(name -> to.exports(name, 0));
                      }),
                  to -> to.with(ModulePackagesAttribute.ofNames(packages()))));
    }
  }

  private List<PackageDesc> packages() {
    return module.packages().stream().sorted().map(PackageDesc::of).toList();
  }

  /** Modules whose packages the classes name: the JDK's, and those beside the jar. */
  private List<String> required() {
    Map<String, String> owners = new HashMap<>();
    Stream.of(ModuleFinder.ofSystem(), ModuleFinder.of(jar.getParent()))
        .flatMap(finder -> finder.findAll().stream())
        .map(ModuleReference::descriptor)
        .forEach(other -> other.packages().forEach(name -> owners.put(name, other.name())));
    return entries.entrySet().stream()
        .filter(entry -> entry.getKey().endsWith(".class"))
        .flatMap(entry -> named(entry.getValue()))
        .map(owners::get)
        .filter(Objects::nonNull)
        .filter(owner -> !owner.equals(module.name()) && !owner.equals("java.base"))
        .distinct()
        .sorted()
        .toList();
  }

  /** Packages of the types in a class's constants: names of types, and descriptors. */
  private static Stream<String> named(byte[] bytes) {
    return StreamSupport.stream(ClassFile.of().parse(bytes).constantPool().spliterator(), false)
        .flatMap(
            entry ->
                switch (entry) {
                  case ClassEntry type -> Stream.of("L" + type.asInternalName() + ";");
                  case NameAndTypeEntry member -> Stream.of(member.type().stringValue());
                  default -> Stream.of();
                })
        .flatMap(text -> TYPE.matcher(text).results())
        .map(type -> type.group(1).replace('/', '.'));
  }

  private void addFrames() {
    ClassFile withFrames =
        ClassFile.of(
            ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
            ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(this::open)
                    .orElse(ClassHierarchyResolver.defaultResolver())));
    for (String name : List.copyOf(entries.keySet())) {
      if (name.endsWith(".class")) {
        byte[] old = entries.get(name);
        if (old[MAJOR_VERSION] < FIRST_WITH_FRAMES) {
          put(name, withFrames.transformClass(withFrames.parse(old), Modules::addFrames));
        }
      }
    }
  }

  private static void addFrames(ClassBuilder to, ClassElement part) {
    switch (part) {
      case ClassFileVersion version -> to.withVersion(ClassFile.JAVA_8_VERSION, 0);
      case MethodModel method ->
          to.transformMethod(method, MethodTransform.transformingCode(CodeTransform.ACCEPT_ALL));
      default -> to.with(part);
    }
  }

  private ByteArrayInputStream open(ClassDesc type) {
    String descriptor = type.descriptorString();
    byte[] bytes = entries.get(descriptor.substring(1, descriptor.length() - 1) + ".class");
    return bytes == null ? null : new ByteArrayInputStream(bytes);
  }

  private void put(String name, byte[] bytes) {
    entries.put(name, bytes);
    changed = true;
  }

  /** Everything as it was, with one time for all, and the manifest first. */
  private void write() throws IOException {
    if (!changed) {
      return;
    }
    List<String> names = new ArrayList<>(entries.keySet());
    if (names.remove(MANIFEST)) {
      names.addFirst(MANIFEST);
    }
    Path next = jar.resolveSibling(jar.getFileName() + ".next");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(next))) {
      for (String name : names) {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(LocalDateTime.of(2025, 1, 1, 0, 0));
        out.putNextEntry(entry);
        out.write(entries.get(name));
        out.closeEntry();
      }
    }
    Files.move(next, jar, StandardCopyOption.REPLACE_EXISTING);
  }
}
