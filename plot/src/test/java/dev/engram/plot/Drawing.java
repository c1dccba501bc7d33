package dev.engram.plot;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.geom.Line2D;
import java.awt.geom.Point2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** A chart as SVG, parsed as XML. */
record Drawing(Document svg) {
  static Drawing of(LineChart chart) {
    try {
      DocumentBuilder parser = DocumentBuilderFactory.newInstance().newDocumentBuilder();
      // The DTD that the file refers to is not fetched.
      parser.setEntityResolver((_, _) -> new InputSource(new StringReader("")));
      return new Drawing(
          parser.parse(new ByteArrayInputStream(bytes(chart, LineChart.Format.SVG))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (SAXException | ParserConfigurationException e) {
      throw new AssertionError(e);
    }
  }

  static byte[] bytes(LineChart chart, LineChart.Format format) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      chart.write(format, out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static BufferedImage pixels(LineChart chart) {
    try {
      return ImageIO.read(new ByteArrayInputStream(bytes(chart, LineChart.Format.PNG)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<Element> elements(String tag, Color stroke) {
    String style =
        "stroke:rgb(%d,%d,%d);".formatted(stroke.getRed(), stroke.getGreen(), stroke.getBlue());
    NodeList all = svg.getElementsByTagName(tag);
    return IntStream.range(0, all.getLength())
        .mapToObj(i -> (Element) all.item(i))
        .filter(e -> e.getAttribute("style").contains(style))
        .toList();
  }

  /** The runs of connected points of a curve, in pixels. */
  List<List<Point2D>> runs(int curve) {
    List<List<Point2D>> runs = new ArrayList<>();
    for (Element path : elements("path", Palette.color(curve))) {
      for (String step : path.getAttribute("d").trim().split("\\s+(?=[ML])|(?=M)")) {
        if (step.isBlank()) {
          continue;
        }
        double[] at =
            Arrays.stream(step.substring(1).trim().split(","))
                .mapToDouble(Double::parseDouble)
                .toArray();
        if (step.startsWith("M")) {
          runs.add(new ArrayList<>());
        }
        runs.getLast().add(new Point2D.Double(at[0], at[1]));
      }
    }
    return runs;
  }

  /** The points of a curve without gaps. */
  List<Point2D> curve(int curve) {
    List<List<Point2D>> runs = runs(curve);
    assertTrue(runs.size() == 1, runs.toString());
    return runs.getFirst();
  }

  /** The lines of a color. */
  List<Line2D> lines(Color color) {
    return elements("line", color).stream()
        .map(
            e ->
                (Line2D)
                    new Line2D.Double(
                        number(e, "x1"), number(e, "y1"), number(e, "x2"), number(e, "y2")))
        .toList();
  }

  /** The middles of dots of a color. */
  List<Point2D> dots(Color color) {
    String style =
        "fill:rgb(%d,%d,%d);".formatted(color.getRed(), color.getGreen(), color.getBlue());
    NodeList all = svg.getElementsByTagName("ellipse");
    return IntStream.range(0, all.getLength())
        .mapToObj(i -> (Element) all.item(i))
        .filter(e -> e.getAttribute("style").contains(style))
        .map(e -> (Point2D) new Point2D.Double(number(e, "cx"), number(e, "cy")))
        .toList();
  }

  /** The heights of the marks next to the numbers of the y axis. */
  List<Double> marks() {
    return lines(Palette.FRAME).stream()
        .filter(l -> l.getY1() == l.getY2())
        .map(Line2D::getY1)
        .toList();
  }

  /** The heights of the lines at the numbers of the y axis. */
  List<Double> levels() {
    return lines(Palette.GRID).stream()
        .filter(l -> l.getY1() == l.getY2())
        .map(Line2D::getY1)
        .toList();
  }

  private static double number(Element e, String name) {
    return Double.parseDouble(e.getAttribute(name));
  }
}
