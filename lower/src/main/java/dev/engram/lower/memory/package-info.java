/** Memory planning for buffers, and a check that none overwrites another. */
package dev.engram.lower.memory;
