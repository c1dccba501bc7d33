/** Loop programs as JVM bytecode. */
package dev.engram.backend.cpu;
