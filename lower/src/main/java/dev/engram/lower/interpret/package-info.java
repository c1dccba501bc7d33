/** The interpreter of loop programs, which defines their semantics. */
package dev.engram.lower.interpret;
