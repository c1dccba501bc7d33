/** Printing, verifying and measuring loop programs. */
package dev.engram.lower.inspect;
