/** Hidden classes, written and listed. */
package dev.engram.backend.cpu.code;
