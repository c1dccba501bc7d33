/** Code of the Vector API. */
package dev.engram.backend.cpu.vector;
