/**
 * Measurements of everything that the project claims about its speed and memory: JMH benchmarks,
 * and {@link dev.engram.bench.BenchmarkTable}, one table of all rows next to a peer.
 */
@org.jspecify.annotations.NullMarked
package dev.engram.bench;
