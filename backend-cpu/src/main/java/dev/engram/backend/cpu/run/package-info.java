/** Running compiled programs: memory, threads, calls, and the choice of scalar or vector code. */
package dev.engram.backend.cpu.run;
