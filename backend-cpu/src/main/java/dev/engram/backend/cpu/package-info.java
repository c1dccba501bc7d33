/** The CPU backend, which compiles loop programs to JVM bytecode. */
package dev.engram.backend.cpu;
