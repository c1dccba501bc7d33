/** Losses, one value for each element of the batch. */
package dev.engram.loss;
