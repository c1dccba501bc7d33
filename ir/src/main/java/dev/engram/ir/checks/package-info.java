/** Checks of arguments and what errors about them say, for the library's own modules alone. */
package dev.engram.ir.checks;
