package dev.engram.lower.profile;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A stage of the compilation of a program. */
@Name("dev.engram.Compile")
@Label("Compile")
@Category("Engram")
@Description("A stage of the compilation of a program")
@StackTrace(false)
final class CompileEvent extends Event {
  @Label("Program")
  String program = "";

  @Label("Stage")
  @Description("simplify, lower or code")
  String stage = "";
}
