package dev.engram.lower.profile;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** What a program has done since the last event of it, all of its nests included. */
@Name("dev.engram.Program")
@Label("Program")
@Category("Engram")
@Description("What a compiled program has done since the event before, written with its nests")
@StackTrace(false)
final class ProgramEvent extends Event {
  @Label("Program")
  String program = "";

  @Label("Program Number")
  @Description("Tells programs of one name apart")
  long id;

  @Label("Backend")
  String backend = "";

  @Label("Runs")
  long runs;

  @Label("Time")
  @Description("Of all runs, in nests and outside of them")
  @Timespan(Timespan.NANOSECONDS)
  long time;

  @Label("Arena")
  @DataAmount
  long arenaBytes;

  @Label("Inputs")
  @DataAmount
  long inputBytes;

  @Label("Outputs")
  @DataAmount
  long outputBytes;
}
