/** Transformations of functions: derivatives, batches, loops, branches, custom derivatives. */
package dev.engram.transform;
