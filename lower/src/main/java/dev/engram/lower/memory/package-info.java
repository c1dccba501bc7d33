/** Where the buffers of a program are, and proof that none overwrites another. */
package dev.engram.lower.memory;
