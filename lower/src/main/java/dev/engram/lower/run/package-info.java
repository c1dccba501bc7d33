/** What backends share that run nests and sorts elsewhere, and the rest on the host. */
@org.jspecify.annotations.NullMarked
package dev.engram.lower.run;
