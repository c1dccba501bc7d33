/** Transformations of functions: derivatives, batches, loops, branches, rules of one's own. */
package dev.engram.transform;
