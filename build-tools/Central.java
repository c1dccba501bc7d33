import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/**
 * Prepares a release for Maven Central, and checks what a build has staged for it.
 *
 * <pre>
 *   java Central.java describe CHECKOUT VERSION URL SCM DEVELOPER
 *   java Central.java check FOLDER
 * </pre>
 *
 * <p>{@code describe} writes into the poms of a checkout what Central asks for and the sources
 * leave open: the version, the address of the project and of its repository, and who is
 * responsible, as {@code "Name <mail>"}.
 *
 * <p>{@code check} reads the repository that {@code mvn deploy -Pcentral} writes to FOLDER: of each
 * artifact the pom, the jar, sources and Javadoc, each with its checksums; in each pom, inherited
 * or not, a name, a description, an address, a license, a developer and a repository; no version
 * that is a snapshot; and the bill of materials lists all libraries. Then it writes FOLDER.zip, the
 * bundle to upload, with signatures where {@code gpg} has made them.
 */
final class Central {
  private static final List<String> SUMS = List.of("md5", "sha1");
  private static final Map<String, String> DIGESTS = Map.of("md5", "MD5", "sha1", "SHA-1");
  private static final String BOM = "engram-bom";
  private static final String PARENT = "engram-parent";

  /** A program, which the bill of materials does not list. */
  private static final String COMMAND = "engram-cli";

  private final Path folder;
  private final List<String> problems = new ArrayList<>();
  private final Map<String, Pom> poms = new TreeMap<>();

  private Central(Path folder) {
    this.folder = folder;
  }

  public static void main(String[] args) throws IOException {
    if (args.length == 6 && args[0].equals("describe")) {
      describe(Path.of(args[1]), args[2], args[3], args[4], args[5]);
    } else if (args.length == 2 && args[0].equals("check")) {
      Central central = new Central(Path.of(args[1]));
      central.check();
      central.problems.forEach(p -> System.err.println("central: " + p));
      if (!central.problems.isEmpty()) {
        System.exit(1);
      }
      central.bundle();
    } else {
      System.err.println("usage: Central describe CHECKOUT VERSION URL SCM DEVELOPER");
      System.err.println("       Central check FOLDER");
      System.exit(2);
    }
  }

  // Describing a release.

  private static void describe(
      Path checkout, String version, String url, String scm, String developer) throws IOException {
    int mail = developer.indexOf(" <");
    if (version.endsWith("-SNAPSHOT") || mail < 0 || !developer.endsWith(">")) {
      System.err.println(
          "central: a release needs a version that is no snapshot, and a developer as \"Name"
              + " <mail>\"; got "
              + version
              + " and "
              + developer);
      System.exit(2);
    }
    Path bom = checkout.resolve("bom/pom.xml");
    String old = Pom.read(bom).text("version");
    try (Stream<Path> files = Files.walk(checkout, 2)) {
      for (Path pom : files.filter(f -> f.endsWith("pom.xml")).toList()) {
        String text = Files.readString(pom);
        Files.writeString(
            pom,
            text.replace("<version>" + old + "</version>", "<version>" + version + "</version>"));
      }
    }
    String described =
        """
          </licenses>
          <url>%s</url>
          <developers>
            <developer>
              <name>%s</name>
              <email>%s</email>
            </developer>
          </developers>
          <scm>
            <connection>scm:git:%s</connection>
            <url>%s</url>
          </scm>
        """
            .formatted(
                xml(url),
                xml(developer.substring(0, mail)),
                xml(developer.substring(mail + 2, developer.length() - 1)),
                xml(scm),
                xml(url));
    Files.writeString(bom, Files.readString(bom).replace("  </licenses>\n", described));
  }

  private static String xml(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  // Checking what is staged.

  private void check() throws IOException {
    List<Path> files = files().toList();
    for (Path f : files) {
      if (f.toString().endsWith(".pom")) {
        Pom pom = Pom.read(f);
        Pom other = poms.put(pom.name(), pom);
        if (other != null) {
          problems.add(pom.name() + " is there twice: " + version(other) + " and " + version(pom));
        }
      }
    }
    long versions = poms.values().stream().map(Central::version).distinct().count();
    if (versions > 1) {
      problems.add("the artifacts have " + versions + " versions");
    }
    if (!poms.containsKey(BOM) || !poms.containsKey(PARENT)) {
      problems.add(
          folder + " has no " + BOM + " or no " + PARENT + "; stage with mvn deploy -Pcentral");
      return;
    }
    for (Pom pom : poms.values()) {
      describes(pom);
      ships(pom);
    }
    lists(poms.get(BOM));
    for (Path f : files) {
      sums(f);
    }
  }

  /** Every file but checksums, signatures and the repository's own index. */
  private Stream<Path> files() throws IOException {
    List<String> beside = List.of(".md5", ".sha1", ".sha256", ".sha512", ".asc");
    try (Stream<Path> all = Files.walk(folder)) {
      return all
          .filter(Files::isRegularFile)
          .filter(f -> !f.getFileName().toString().startsWith("maven-metadata"))
          .filter(f -> beside.stream().noneMatch(f.toString()::endsWith))
          .sorted()
          .toList()
          .stream();
    }
  }

  private void describes(Pom pom) {
    for (String field :
        List.of(
            "name",
            "description",
            "url",
            "licenses/license/name",
            "licenses/license/url",
            "developers/developer/name",
            "developers/developer/email",
            "scm/connection",
            "scm/url")) {
      boolean own = field.equals("name") || field.equals("description");
      String value = own ? pom.text(field) : inherited(pom, field);
      if (value.isBlank() || value.contains("${")) {
        problems.add(pom.name() + " has no " + field + "; fill it in with Central describe");
      }
    }
    if (version(pom).endsWith("-SNAPSHOT")) {
      problems.add(pom.name() + " has the version " + version(pom) + ", a snapshot");
    }
    for (Element dependency : pom.all("dependencies/dependency")) {
      String version = Pom.text(dependency, "version");
      if (version.endsWith("-SNAPSHOT")) {
        problems.add(
            pom.name() + " depends on " + Pom.text(dependency, "artifactId") + " " + version);
      }
    }
  }

  private String inherited(Pom pom, String field) {
    String own = pom.text(field);
    Pom parent = poms.get(pom.text("parent/artifactId"));
    return !own.isBlank() || parent == null ? own : inherited(parent, field);
  }

  private static String version(Pom pom) {
    String own = pom.text("version");
    return own.isBlank() ? pom.text("parent/version") : own;
  }

  /** A module is there with all that belongs to it. */
  private void ships(Pom pom) throws IOException {
    if (pom.text("packaging").equals("pom")) {
      return;
    }
    for (String kind : List.of("", "-sources", "-javadoc")) {
      Path jar = pom.file().resolveSibling(pom.name() + "-" + version(pom) + kind + ".jar");
      if (!Files.isRegularFile(jar)) {
        problems.add(pom.name() + " has no " + jar.getFileName());
      } else if (entries(jar) == 0) {
        problems.add(jar.getFileName() + " is empty");
      }
    }
  }

  private static long entries(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      return zip.stream()
          .filter(e -> !e.isDirectory() && !e.getName().startsWith("META-INF/"))
          .count();
    }
  }

  private void lists(Pom bom) {
    List<String> listed =
        bom.all("dependencyManagement/dependencies/dependency").stream()
            .map(d -> Pom.text(d, "artifactId"))
            .sorted()
            .toList();
    List<String> staged =
        poms.keySet().stream().filter(n -> !List.of(BOM, PARENT, COMMAND).contains(n)).toList();
    for (Element d : bom.all("dependencyManagement/dependencies/dependency")) {
      String version = Pom.text(d, "version");
      if (!version.equals("${project.version}") && !version.equals(version(bom))) {
        problems.add(BOM + " lists " + Pom.text(d, "artifactId") + " as " + version);
      }
    }
    if (!listed.equals(staged)) {
      problems.add(BOM + " lists " + listed + ", staged are " + staged);
    }
  }

  private void sums(Path file) throws IOException {
    for (String kind : SUMS) {
      Path sum = Path.of(file + "." + kind);
      if (!Files.isRegularFile(sum)) {
        problems.add(file.getFileName() + " has no " + kind);
      } else if (!Files.readString(sum).strip().equals(digest(file, DIGESTS.get(kind)))) {
        problems.add(file.getFileName() + " has another " + kind + " than its file says");
      }
    }
  }

  private static String digest(Path file, String algorithm) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance(algorithm).digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  // The bundle.

  private void bundle() throws IOException {
    Path zip = Path.of(folder + ".zip");
    int signed = 0;
    int files = 0;
    try (OutputStream out = Files.newOutputStream(zip);
        ZipOutputStream entries = new ZipOutputStream(out)) {
      for (Path f : files().toList()) {
        files++;
        add(entries, f);
        for (String kind : SUMS) {
          add(entries, Path.of(f + "." + kind));
        }
        Path signature = Path.of(f + ".asc");
        if (Files.isRegularFile(signature)) {
          signed++;
          add(entries, signature);
        }
      }
    }
    System.out.printf(
        "central: %d artifacts, %d files, %d of them signed: %s%n",
        poms.size(), files, signed, zip.getFileName());
    if (signed < files) {
      System.out.println(
          "central: an upload needs a signature of each file, FILE.asc; docs/RELEASING.md says"
              + " how");
    }
  }

  private void add(ZipOutputStream zip, Path file) throws IOException {
    String name = folder.relativize(file).toString().replace('\\', '/');
    zip.putNextEntry(new ZipEntry(name));
    Files.copy(file, zip);
    zip.closeEntry();
  }

  /** A file of Maven. */
  private record Pom(Path file, Element root) {
    static Pom read(Path file) throws IOException {
      try {
        return new Pom(
            file,
            DocumentBuilderFactory.newDefaultInstance()
                .newDocumentBuilder()
                .parse(file.toFile())
                .getDocumentElement());
      } catch (ParserConfigurationException | SAXException e) {
        throw new IOException("cannot read " + file, e);
      }
    }

    String name() {
      return text("artifactId");
    }

    /** Of the first element at a path, empty if there is none. */
    String text(String path) {
      return text(root, path);
    }

    List<Element> all(String path) {
      return all(root, path);
    }

    static String text(Element from, String path) {
      return all(from, path).stream().findFirst().map(e -> e.getTextContent().strip()).orElse("");
    }

    private static List<Element> all(Element from, String path) {
      List<Element> now = List.of(from);
      for (String step : path.split("/")) {
        now = now.stream().flatMap(e -> children(e, step)).toList();
      }
      return now;
    }

    private static Stream<Element> children(Element e, String name) {
      List<Element> found = new ArrayList<>();
      for (Node n = e.getFirstChild(); n != null; n = n.getNextSibling()) {
        if (n instanceof Element child && child.getTagName().equals(name)) {
          found.add(child);
        }
      }
      return found.stream();
    }
  }
}
