package dev.engram.lower.profile;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** What a nest has done since the last event of it. Its period is also that of the programs. */
@Name("dev.engram.Nest")
@Label("Nest")
@Category("Engram")
@Description("What a loop nest of a compiled program has done since the event before")
@Period("endChunk")
@StackTrace(false)
final class NestEvent extends Event {
  @Label("Program")
  String program = "";

  @Label("Program Number")
  @Description("Tells programs of one name apart")
  long id;

  @Label("Nest Number")
  @Description("Its place in the program")
  int nest;

  @Label("Ops")
  String label = "";

  @Label("Line")
  @Description("The user's source line; empty when unknown")
  String where = "";

  @Label("Calls")
  long calls;

  @Label("Time")
  @Timespan(Timespan.NANOSECONDS)
  long time;

  @Label("Bytes")
  @Description("Read and written, each element once per call")
  @DataAmount
  long bytes;

  @Label("Operations")
  @Description("Arithmetic on floats; a multiply-add is two")
  long flops;
}
