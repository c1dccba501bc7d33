package dev.engram.lower.profile;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Throttle;

/** A run of a program. Of very many, a sample: see {@link ProgramEvent} for all. */
@Name("dev.engram.Run")
@Label("Run")
@Category("Engram")
@Description("A run of a compiled program; a sample of them where there are very many")
@StackTrace(false)
@Throttle("200/s")
final class RunEvent extends Event {
  @Label("Program")
  String program = "";

  @Label("Program Number")
  @Description("Tells programs of one name apart")
  long id;

  @Label("Backend")
  String backend = "";

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
