package dev.engram.tests.cuda;

import dev.engram.backend.cuda.CudaBackend;
import dev.engram.backend.cuda.run.CudaDevice;
import dev.engram.backend.cuda.text.CudaText;
import dev.engram.backend.cuda.text.TextOptions;
import dev.engram.lower.Backend;
import dev.engram.lower.Device;
import dev.engram.lower.LoopProgram;
import dev.engram.lower.LoweringOptions;
import java.util.List;

/** The backend {@code card}: the CUDA backend's runtime with the stand-in for a card. */
public final class CardBackend implements Backend {
  /** That of this process. */
  static final StandInDriver DRIVER = new StandInDriver();

  private static final CudaDevice DEVICE =
      new CudaDevice("card:0", DRIVER, TextOptions.tiny(), Long.MAX_VALUE, false);

  @Override
  public String name() {
    return "card";
  }

  @Override
  public List<Device> devices() {
    return List.of(DEVICE);
  }

  @Override
  public LoweringOptions lowering() {
    return new CudaBackend().lowering();
  }

  @Override
  public String text(LoopProgram program) {
    return CudaText.of(program, TextOptions.tiny()).text();
  }
}
