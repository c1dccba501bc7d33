/**
 * Functions compiled for the structures and types that they are called with, and the caches of
 * their code.
 */
package dev.engram.jit;
