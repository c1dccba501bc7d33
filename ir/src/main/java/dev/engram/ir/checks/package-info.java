/** Checks of arguments, for the library's own modules alone. */
package dev.engram.ir.checks;
