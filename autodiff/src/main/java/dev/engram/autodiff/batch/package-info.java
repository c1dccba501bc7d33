/** A function of one example as a function of a batch: the rules of every op and loop. */
package dev.engram.autodiff.batch;
