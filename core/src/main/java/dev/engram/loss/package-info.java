/** Losses, and metrics of how well a model does. */
package dev.engram.loss;
