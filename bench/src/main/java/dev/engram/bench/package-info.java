/**
 * What the project claims about its speed and memory, measured: JMH benchmarks, and {@link
 * dev.engram.bench.BenchmarkTable}, one table of all rows beside a peer.
 */
@org.jspecify.annotations.NullMarked
package dev.engram.bench;
