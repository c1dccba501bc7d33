/** Writing hidden classes, and listing their bytecode. */
package dev.engram.backend.cpu.code;
