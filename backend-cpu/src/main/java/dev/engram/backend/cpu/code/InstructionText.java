package dev.engram.backend.cpu.code;

import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.Label;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.IncrementInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Prints a method's instructions as {@code javap} does: {@code fload 9}, {@code goto 58}. */
final class InstructionText {
  private final Map<Label, Integer> places = new HashMap<>();

  private InstructionText(CodeModel code) {
    int at = 0;
    for (CodeElement element : code) {
      switch (element) {
        case LabelTarget t -> places.put(t.label(), at);
        case Instruction i -> at += i.sizeInBytes();
        default -> {}
      }
    }
  }

  static void append(StringBuilder out, CodeModel code) {
    InstructionText text = new InstructionText(code);
    int at = 0;
    for (CodeElement element : code) {
      if (element instanceof Instruction i) {
        out.append("    %5d  %s%n".formatted(at, text.of(i)));
        at += i.sizeInBytes();
      }
    }
  }

  private String of(Instruction i) {
    String name = i.opcode().name().toLowerCase(Locale.ROOT).replaceFirst("(load|store)_\\d", "$1");
    return switch (i) {
      case LoadInstruction l -> name + " " + l.slot();
      case StoreInstruction s -> name + " " + s.slot();
      case IncrementInstruction n -> name + " " + n.slot() + " " + n.constant();
      case BranchInstruction b -> name + " " + places.get(b.target());
      case ConstantInstruction.IntrinsicConstantInstruction _ -> name;
      case ConstantInstruction c -> name + " " + c.constantValue();
      case TypeCheckInstruction t -> name + " " + t.type().asSymbol().displayName();
      case FieldInstruction f ->
          name + " " + f.owner().asSymbol().displayName() + "." + f.name().stringValue();
      case InvokeInstruction v ->
          name
              + " "
              + v.owner().asSymbol().displayName()
              + "."
              + v.name().stringValue()
              + v.typeSymbol().displayDescriptor();
      default -> name;
    };
  }
}
