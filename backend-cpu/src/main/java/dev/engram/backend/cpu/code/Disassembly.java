package dev.engram.backend.cpu.code;

import dev.engram.backend.cpu.CpuOptions;
import dev.engram.backend.cpu.run.NestCall;
import dev.engram.lower.LoopProgram;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.util.List;

/** Lists generated classes as readable bytecode. */
public final class Disassembly {
  private Disassembly() {}

  public static String of(LoopProgram program, List<NestCall> nests, CpuOptions.Vectors vectors) {
    StringBuilder out = new StringBuilder("cpu @").append(program.name()).append('\n');
    for (NestCall n : nests) {
      out.append("\nnest ")
          .append(n.nest.label())
          .append(n.nest.where().isKnown() ? "  // " + n.nest.where() : "")
          .append('\n');
      for (byte[] bytes : n.kernel.bytecode(vectors)) {
        append(out, bytes);
      }
    }
    return out.toString();
  }

  private static void append(StringBuilder out, byte[] bytes) {
    ClassModel model = ClassFile.of().parse(bytes);
    for (MethodModel m : model.methods()) {
      if (m.methodName().equalsString("<init>")) {
        continue;
      }
      out.append("  ").append(m.methodName().stringValue());
      out.append(m.methodTypeSymbol().displayDescriptor()).append('\n');
      m.code().ifPresent(c -> InstructionText.append(out, c));
    }
  }
}
