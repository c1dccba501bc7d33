package dev.engram.cli;

import java.util.List;
import java.util.Optional;

/**
 * What {@code engram explain} was asked to print.
 *
 * @param className the model; the one of the copying task when empty
 * @param model how to make it
 * @param job the sizes of the copying task
 * @param dot print a picture instead of text
 * @param strict fail when a weight has no trace
 * @param exact fail when the gradient of a weight is not exact
 */
record ExplainOptions(
    Optional<String> className,
    UserModel.Setup model,
    TrainOptions job,
    Learning rule,
    boolean dot,
    boolean strict,
    boolean exact) {

  private static final Option<Learning> RULE =
      new Option<>(
          "--rule",
          "RULE",
          OptionType.oneOf(Learning.online()),
          Learning.D_RTRL,
          "the learning rule (default d-rtrl):\n"
              + Syntax.listed(Learning.online().stream().map(OptionType::word).toList()));
  private static final Option<Boolean> DOT =
      Option.flag("--dot", "print a picture of weights and states for Graphviz");
  private static final Option<Boolean> STRICT =
      Option.flag("--strict", "fail when a weight that reaches a hidden state has no trace");
  private static final Option<Boolean> EXACT =
      Option.flag("--exact", "fail when the gradient of a weight is not exact");

  static final Syntax SYNTAX =
      new Syntax(
          "engram explain [CLASS] [OPTIONS]",
          """
          Prints how a model learns online: its hidden groups, which weights learn through
          traces and which do not and why, whose gradient is exact and what the others leave
          out, what the rule carries from step to step, and what a step costs. Without a
          class, the model of the copying task.\
          """,
          List.of(
              RULE,
              DOT,
              STRICT,
              EXACT,
              TrainOptions.HIDDEN,
              TrainOptions.LAYERS,
              TrainOptions.SEED,
              UserModel.NEW,
              UserModel.INPUT,
              UserCode.CLASS_PATH));

  static ExplainOptions parse(List<String> words) throws UsageException {
    Syntax.Arguments given = SYNTAX.parse(words);
    List<String> operands = given.operands();
    if (operands.size() > 1) {
      throw new UsageException(
          "one model at a time, got '" + OptionType.shown(String.join("' and '", operands)) + "'");
    }
    return new ExplainOptions(
        operands.stream().findFirst(),
        UserModel.Setup.from(given),
        TrainOptions.from(given, List.of(given.get(RULE))),
        given.get(RULE),
        given.get(DOT),
        given.get(STRICT),
        given.get(EXACT));
  }
}
