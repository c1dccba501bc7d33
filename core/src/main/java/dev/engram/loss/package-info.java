/** Losses and metrics. */
package dev.engram.loss;
