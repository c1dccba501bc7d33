/** The meaning of loop programs, point by point. */
package dev.engram.lower.interpret;
