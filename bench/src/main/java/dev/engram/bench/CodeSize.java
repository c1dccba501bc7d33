package dev.engram.bench;

import dev.engram.lower.LoopProgram;
import dev.engram.lower.Stmt;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The size of compiled code.
 *
 * @param nests loop nests of the program
 * @param methods methods in the listing; a method that several nests share counts for each of them
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

  private static int nests(List<Stmt> steps) {
    int n = 0;
    for (Stmt s : steps) {
      n +=
          switch (s) {
            case Stmt.Nest _ -> 1;
            case Stmt.Sort _, Stmt.Tell _ -> 0;
            case Stmt.Loop l -> nests(l.body());
            case Stmt.While w -> nests(w.condition()) + nests(w.body());
            case Stmt.Branch b -> nests(b.onTrue()) + nests(b.onFalse());
          };
    }
    return n;
  }
}
