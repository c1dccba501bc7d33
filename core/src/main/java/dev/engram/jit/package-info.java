/**
 * Compiles functions for the structures and types that they are called with, and caches the code.
 */
package dev.engram.jit;
