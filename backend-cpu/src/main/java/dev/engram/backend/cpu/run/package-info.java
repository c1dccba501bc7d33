/** Compiled programs at work: memory, threads, calls, and which code of a nest runs. */
package dev.engram.backend.cpu.run;
