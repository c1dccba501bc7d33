package dev.engram.lower;

import dev.engram.ir.DeviceTensor;
import dev.engram.ir.HostTensor;
import dev.engram.ir.Tensor;
import dev.engram.ir.checks.Given;
import dev.engram.lower.memory.ProgramMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Operands for one run of a program that leaves everything given as it was: what the program writes
 * over is a copy.
 *
 * @param inputs one for each input of the program, on its device
 * @param outputs one for each output, for {@link CompiledProgram#run}
 */
public record RunOperands(List<Tensor> inputs, List<Tensor> outputs) {
  public RunOperands {
    Given.all("RunOperands", "inputs", inputs);
    Given.all("RunOperands", "outputs", outputs);
  }

  /** Puts the inputs on {@code device}, and allocates the outputs there. */
  public static RunOperands of(LoopProgram program, Device device, List<? extends Tensor> inputs) {
    Given.given("RunOperands.of", "program", program);
    Given.given("RunOperands.of", "device", device);
    Given.all("RunOperands.of", "inputs", inputs);
    List<Tensor> in = new ArrayList<>(inputs.size());
    inputs.forEach(t -> in.add(device.place(t)));
    List<Tensor> outs = new ArrayList<>(program.outputs().size());
    for (int i = 0; i < program.outputs().size(); i++) {
      Tensor out = ProgramMemory.output(program, i, device);
      outs.add(out);
      int over = program.inPlace(i).orElse(-1);
      if (over >= 0 && over < in.size() && in.get(over).type().equals(out.type())) {
        device.copy(in.set(over, out), out);
      }
    }
    return new RunOperands(in, outs);
  }

  /** Compiles {@code program} for the first device of {@code backend}, runs it, and reads. */
  public static List<HostTensor> run(
      Backend backend, LoopProgram program, List<? extends Tensor> inputs) {
    Given.given("RunOperands.run", "backend", backend);
    Device device = backend.device();
    return of(program, device, inputs).run(device.compile(program));
  }

  /** Runs {@code code}, and reads the outputs. */
  public List<HostTensor> run(CompiledProgram code) {
    Given.given("RunOperands.run", "code", code);
    code.run(inputs, outputs);
    return read(outputs);
  }

  /** Reads {@code results} that nobody else has: what lies on a device is given back. */
  public static List<HostTensor> read(List<? extends Tensor> results) {
    Given.all("RunOperands.read", "results", results);
    List<HostTensor> all = new ArrayList<>(results.size());
    for (Tensor t : results) {
      all.add(t.host());
      if (t instanceof DeviceTensor) {
        t.close();
      }
    }
    return all;
  }
}
