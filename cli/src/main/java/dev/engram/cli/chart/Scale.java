package dev.engram.cli.chart;

import java.util.List;

/** Maps the values of an axis to its length. */
sealed interface Scale permits LinearScale, LogScale {
  /** Whether the value has a place on this axis. */
  boolean shows(double value);

  /** 0 at the start of the axis, 1 at its end. */
  double position(double value);

  /** At most about {@code count} labelled ticks, at numbers that are easy to read. */
  List<Tick> ticks(int count);
}
