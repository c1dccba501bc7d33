/**
 * Spiking neurons, synapses and plasticity, surrogate gradients, encoders, measures of spike
 * trains.
 *
 * <p>Time is in milliseconds unless stated otherwise, and advances in steps of {@code dt}. Neurons
 * accept {@code [size]}, and {@code [B, size]} when their states have the same leading axes. Linear
 * equations are integrated exactly over a step with constant input.
 */
package dev.engram.spiking;
