/** Sparse matrices. */
package dev.engram.sparse;
