package dev.engram.examples;

/**
 * The settings of one run of the copying task.
 *
 * @param epochs training iterations, each on a fresh batch
 * @param lag steps between the digits and their recall
 * @param rate of Adam
 * @param seed of the weights and the data
 */
record CopyingSettings(int epochs, int lag, int batch, int hidden, double rate, long seed) {

  /** Lag 50, batches of 64, 128 hidden units, rate 1e-3. */
  static CopyingSettings standard(int epochs) {
    return new CopyingSettings(epochs, 50, 64, 128, 1e-3, 0);
  }

  /** Uses the number of iterations from the command line, or {@code otherwise}. */
  static CopyingSettings of(String[] args, int otherwise) {
    return standard(args.length == 0 ? otherwise : Integer.parseInt(args[0]));
  }
}
