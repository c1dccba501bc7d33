package dev.engram.bench;

import dev.engram.lower.LoopProgram;
import dev.engram.lower.Step;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The size of compiled code.
 *
 * @param nests loop nests of the program
 * @param methods methods in the listing, one that several nests share counted for each
 * @param bytes bytecode of all methods
 * @param largest bytecode of the largest method
 */
record CodeSize(int nests, int methods, long bytes, int largest) {
  private static final Pattern INSTRUCTION = Pattern.compile(" {4} *(\\d+) {2}\\S.*");

  /**
   * Reads a listing of the backend {@code cpu}: instructions are indented by four and start with
   * their offset in the method. The last one of a method is a return or a throw, of one byte.
   */
  static CodeSize of(LoopProgram program, String listing) {
    int methods = 0;
    long bytes = 0;
    int largest = 0;
    int end = 0;
    for (String line : listing.lines().toList()) {
      Matcher m = INSTRUCTION.matcher(line);
      if (m.matches()) {
        int at = Integer.parseInt(m.group(1));
        if (at == 0) {
          methods++;
          bytes += end;
        }
        end = at + 1;
        largest = Math.max(largest, end);
      }
    }
    return new CodeSize(nests(program.steps()), methods, bytes + end, largest);
  }

  private static int nests(List<Step> steps) {
    int n = 0;
    for (Step s : steps) {
      n +=
          switch (s) {
            case Step.Nest _ -> 1;
            case Step.Sort _, Step.Tell _ -> 0;
            case Step.Loop l -> nests(l.body());
            case Step.While w -> nests(w.condition()) + nests(w.body());
            case Step.Branch b -> nests(b.onTrue()) + nests(b.onFalse());
          };
    }
    return n;
  }
}
