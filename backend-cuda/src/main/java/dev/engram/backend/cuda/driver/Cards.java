package dev.engram.backend.cuda.driver;

import java.util.List;

/**
 * The cards of a machine.
 *
 * @param version of CUDA that their driver supports, such as {@code 13.0}
 * @param compiler of their kernels; its name may have to be found out
 * @param drivers one for each card
 */
public record Cards(String version, KernelCompiler compiler, List<Driver> drivers) {
  public Cards {
    drivers = List.copyOf(drivers);
  }
}
