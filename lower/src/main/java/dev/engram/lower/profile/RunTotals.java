package dev.engram.lower.profile;

/** Sums over runs; not thread-safe. */
final class RunTotals {
  final long[] calls;
  final long[] nanos;
  long runs;
  long runNanos;

  RunTotals(int nests) {
    this.calls = new long[nests];
    this.nanos = new long[nests];
  }
}
