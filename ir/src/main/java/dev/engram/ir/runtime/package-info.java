/** What all modules share while programs run: memory outside the heap, and lines for the user. */
package dev.engram.ir.runtime;
