/**
 * What equations do: closed families of ops, the open table of elementwise rows, and the door for
 * ops of outside authors.
 */
package dev.engram.ir.op;
