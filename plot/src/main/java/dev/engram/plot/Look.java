package dev.engram.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.function.Function;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.AxesChartStyler.TextAlignment;
import org.knowm.xchart.style.XYStyler;

/** The style of a chart: fonts, colors, margins, and the numbers on the axes. */
record Look(LineChart chart, Scale x, Scale y) {
  static final Color CLEAR = new Color(255, 255, 255, 0);

  private static final Color PAPER = new Color(255, 255, 255, 225);
  private static final Font TITLE = new Font(Lettering.FAMILY, Font.BOLD, 17);
  private static final Font AXIS = new Font(Lettering.FAMILY, Font.PLAIN, 14);
  private static final Font NUMBER = new Font(Lettering.FAMILY, Font.PLAIN, 12);
  private static final Font LEGEND = new Font(Lettering.FAMILY, Font.PLAIN, 13);
  private static final int PADDING = 14;
  private static final int SAMPLE = 34;
  private static final int LEGEND_PADDING = 8;
  private static final int LEGEND_LINE = 15;

  private static final double PIXELS_PER_X_LABEL = 100;
  private static final double PIXELS_PER_Y_LABEL = 50;

  /**
   * A step is less than twice the length for one label, so there are always at least two labels.
   */
  private static final int LEAST = 4;

  /** Approximate space that title, axis and numbers take of height and width. */
  private static final int ABOVE_AND_BELOW = 110;

  private static final int ASIDE = 100;

  static Look of(LineChart chart) {
    double across = (chart.width() - ASIDE) / PIXELS_PER_X_LABEL;
    double up = (chart.height() - ABOVE_AND_BELOW) / PIXELS_PER_Y_LABEL;
    return new Look(
        chart, chart.xScale(Math.max(LEAST, across)), chart.yScale(Math.max(LEAST, up)));
  }

  LegendText legend() {
    double rest = ASIDE + SAMPLE + 5 * LEGEND_PADDING;
    return new LegendText(legendFont(), chart.width() - rest);
  }

  /** Returns 1, or less if the lines of the legend would not fit into the plot. */
  private double legendScale() {
    double height = chart.legendLines() * (LEGEND_LINE + LEGEND_PADDING) + 3.0 * LEGEND_PADDING;
    return Math.min(1, (chart.height() - ABOVE_AND_BELOW) / height);
  }

  private Font legendFont() {
    return LEGEND.deriveFont((float) (LEGEND.getSize2D() * legendScale()));
  }

  void dress(XYChart sheet) {
    sheet.setTitle(chart.title);
    sheet.setXAxisTitle(chart.xLabel);
    sheet.setYAxisTitle(chart.yLabel);
    XYStyler styler = sheet.getStyler();
    styler.setAntiAlias(true);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setChartFontColor(Palette.INK);
    styler.setChartPadding(PADDING);
    styler.setChartTitleBoxVisible(false);
    styler.setChartTitlePadding(10);
    double wide = chart.width() - 2.0 * PADDING - ASIDE;
    styler.setChartTitleFont(LegendText.fitting(TITLE, chart.title, wide));
    legend(styler);
    axes(styler);
  }

  private void legend(XYStyler styler) {
    double scale = legendScale();
    styler.setLegendFont(legendFont());
    styler.setLegendBackgroundColor(PAPER);
    styler.setLegendBorderColor(Palette.GRID);
    styler.setLegendPadding((int) (LEGEND_PADDING * scale));
    // There are no markers, but the legend makes all lines as high as one.
    styler.setMarkerSize((int) (LEGEND_LINE * scale));
    styler.setLegendSeriesLineLength(SAMPLE);
    // Inside, so that it takes no space from the plot; the corner is chosen when the curves are
    // drawn.
    styler.setLegendPosition(Corner.NORTH_EAST.position());
  }

  private void axes(XYStyler styler) {
    styler.setPlotContentSize(1);
    styler.setPlotMargin(0);
    styler.setPlotGridLinesVisible(false);
    styler.setPlotTicksMarksVisible(false);
    styler.setPlotBorderVisible(false);
    styler.setAxisTicksLineVisible(false);
    double shorter = Math.min(chart.width() - ASIDE, chart.height() - ABOVE_AND_BELOW);
    String longer = chart.xLabel.length() > chart.yLabel.length() ? chart.xLabel : chart.yLabel;
    styler.setAxisTitleFont(LegendText.fitting(AXIS, longer, shorter));
    styler.setAxisTitlePadding(14);
    styler.setAxisTickLabelsFont(NUMBER);
    styler.setAxisTickLabelsColor(Palette.LABEL);
    styler.setAxisTickMarksColor(Palette.FRAME);
    styler.setAxisTickMarksStroke(new BasicStroke(1));
    styler.setAxisTickMarkLength(5);
    styler.setAxisTickPadding(5);
    styler.setYAxisLabelAlignment(TextAlignment.Right);
    styler.setXAxisMin(x.start());
    styler.setXAxisMax(x.end());
    styler.setYAxisMin(y.start());
    styler.setYAxisMax(y.end());
    // XChart chooses the power of ten, or twice or five times that, which is nearest to the hint.
    styler.setXAxisTickMarkSpacingHint((int) ((chart.width() - ASIDE) / (x.end() - x.start())));
    styler.setYAxisTickMarkSpacingHint(
        (int) ((chart.height() - ABOVE_AND_BELOW) / (y.end() - y.start())));
    styler.setxAxisTickLabelsFormattingFunction(numbers(x));
    styler.setyAxisTickLabelsFormattingFunction(numbers(y));
  }

  /**
   * Labels between our steps are equal, because XChart widens its steps until all labels differ.
   */
  private static Function<Double, String> numbers(Scale scale) {
    return place -> {
      long whole = Math.round(place);
      if (place == whole) {
        return scale.label(whole);
      }
      // The two ends must differ, otherwise there are no labels at all.
      return place == scale.start() ? "<" : place == scale.end() ? ">" : "";
    };
  }
}
