package dev.engram.tests.ops;

import dev.engram.ir.op.Control;
import dev.engram.ir.text.Parser;
import java.util.Optional;
import java.util.stream.Stream;

/** Samples and invalid inputs of the ops that run graphs. */
final class ControlSamples {
  private static final String BODY =
      """
      graph @body(%x: f64[2]) -> f64[2] {
        %0: f64[2] = tanh(%x)
        return %0
      }
      """;

  private ControlSamples() {}

  static Stream<Sample> all() {
    return Stream.of(scans(), loops(), branches(), calls()).flatMap(s -> s);
  }

  private static Stream<Sample> scans() {
    return Stream.of("", ", reverse=true")
        .map(
            reverse ->
                Sample.parsed(
                    "scan",
                    """
                    graph @scan(%w: f64[2], %h: f64[2], %xs: f64[3,2]) -> (f64[2], f64[3,2]) {
                      %0: f64[2], %1: f64[3,2] = scan{consts=1, carry=1, length=3REVERSE}(%w, %h, %xs)
                        body @step(%w: f64[2], %h: f64[2], %x: f64[2]) -> (f64[2], f64[2]) {
                          %0: f64[2] = mul(%w, %h)
                          %1: f64[2] = add(%0, %x)
                          %2: f64[2] = tanh(%1)
                          return %2, %1
                        }
                      return %0, %1
                    }
                    """
                        .replace("REVERSE", reverse)));
  }

  /** Doubles until large; some take no step. */
  private static Stream<Sample> loops() {
    return Stream.of(
        Sample.parsed(
            "while",
            """
            graph @while(%w: f64[2], %n: i32[], %h: f64[2]) -> (i32[], f64[2]) {
              %0: i32[], %1: f64[2] = while{consts=1, bound=4}(%w, %n, %h)
                condition @goesOn(%w: f64[2], %n: i32[], %h: f64[2]) -> bool[] {
                  %0: bool[] = lt(%n, 2)
                  return %0
                }
                body @step(%w: f64[2], %n: i32[], %h: f64[2]) -> (i32[], f64[2]) {
                  %0: i32[] = add(%n, 1)
                  %1: f64[2] = mul(%w, %h)
                  %2: f64[2] = tanh(%1)
                  return %0, %2
                }
              return %0, %1
            }
            """));
  }

  private static Stream<Sample> branches() {
    return Stream.of(
        Sample.parsed(
            "cond",
            """
            graph @cond(%p: bool[], %x: f64[2], %y: f64[2]) -> f64[2] {
              %0: f64[2] = cond(%p, %x, %y)
                onTrue @yes(%x: f64[2], %y: f64[2]) -> f64[2] {
                  %0: f64[2] = mul(%x, %y)
                  return %0
                }
                onFalse @no(%x: f64[2], %y: f64[2]) -> f64[2] {
                  %0: f64[2] = sin(%x)
                  return %0
                }
              return %0
            }
            """));
  }

  private static Stream<Sample> calls() {
    return Stream.of(
        Sample.parsed("call", call("", "")),
        Sample.parsed(
            "call",
            call(
                "{derivative=jvp}",
                """
                rule @rule(%x: f64[2], %dx: f64[2]) -> (f64[2], f64[2]) {
                  %0: f64[2] = mul(%x, %x)
                  %1: f64[2] = mul(%x, 2.0)
                  %2: f64[2] = mul(%1, %dx)
                  return %0, %2
                }
                """)),
        Sample.parsed(
            "call",
            call(
                "{derivative=vjp}",
                """
                forward @forward(%x: f64[2]) -> (f64[2], f64[2]) {
                  %0: f64[2] = mul(%x, %x)
                  return %0, %x
                }
                backward @backward(%x: f64[2], %ct: f64[2]) -> f64[2] {
                  %0: f64[2] = mul(%x, 2.0)
                  %1: f64[2] = mul(%0, %ct)
                  return %1
                }
                """)),
        Sample.parsed(
            "transposed",
            """
            graph @transposed(%x: f64[2], %t: f64[2]) -> f64[2] {
              %0: f64[2] = transposed{residuals=1}(%x, %t)
                backward @backward(%x: f64[2], %ct: f64[2]) -> f64[2] {
                  %0: f64[2] = mul(%x, %ct)
                  return %0
                }
              return %0
            }
            """));
  }

  private static String call(String attributes, String rules) {
    return """
    graph @call(%x: f64[2]) -> f64[2] {
      %0: f64[2] = callATTRIBUTES(%x)
        body @square(%x: f64[2]) -> f64[2] {
          %0: f64[2] = mul(%x, %x)
          return %0
        }
        RULES
      return %0
    }
    """
        .replace("ATTRIBUTES", attributes)
        .replace("RULES", rules);
  }

  static Stream<ErrorInput> errors() {
    var body = Parser.parse(BODY);
    var scan = new Control.Scan(body, 0, 1, 3, false);
    var cond = new Control.Cond(body, body);
    var call = new Control.Call(body, new Control.Derivative.Plain());
    var loop = new Control.While(body, body, 0, Optional.empty());
    return Stream.of(
        ErrorInput.of("operand 0 of the condition has type f64[3]", loop, Sample.f64(3)),
        ErrorInput.of("the condition gives [f64[2]]", loop, Sample.f64(2)),
        ErrorInput.of("bound=-1", new Control.While(body, body, 0, Optional.of(-1)), Sample.f64(2)),
        ErrorInput.of("operand 0 has type f64[3]", scan, Sample.f64(3)),
        ErrorInput.of("got 2 operands", scan, Sample.f64(2), Sample.f64(3, 2)),
        ErrorInput.of("counts that fit", new Control.Scan(body, 2, 1, 3, false), Sample.f64(2)),
        ErrorInput.of("operand 0 has type f64[]", cond, Sample.f64(), Sample.f64(2)),
        ErrorInput.of("true branch", cond, Sample.bool(), Sample.f64(3)),
        ErrorInput.of("body", call, Sample.f32(2)),
        ErrorInput.of("operand 0 has type f64[3]", new Control.Transposed(body, 0), Sample.f64(3)));
  }
}
