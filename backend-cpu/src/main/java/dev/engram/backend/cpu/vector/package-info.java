/** Vector code, with the Vector API. */
package dev.engram.backend.cpu.vector;
