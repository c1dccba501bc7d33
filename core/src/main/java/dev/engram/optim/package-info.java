/** Optimizers. */
package dev.engram.optim;
