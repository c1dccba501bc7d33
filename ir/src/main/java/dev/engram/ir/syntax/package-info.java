/** The words and phrases of the text form, for its reader and its writer. */
package dev.engram.ir.syntax;
