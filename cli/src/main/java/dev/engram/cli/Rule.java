package dev.engram.cli;

/** How the recurrent weights learn. */
enum Rule {
  /** One training by each of the others, for comparison. */
  BOTH,
  /** Online, by eligibility traces. */
  D_RTRL,
  /** Offline, by backpropagation through time. */
  BPTT
}
