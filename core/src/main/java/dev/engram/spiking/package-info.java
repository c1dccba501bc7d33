/**
 * Spiking neurons, synapses and plasticity, surrogate gradients, encoders, measures of spike
 * trains.
 *
 * <p>Time is in milliseconds unless said otherwise, and goes on in steps of {@code dt}. Neurons
 * take {@code [size]} as well as {@code [B, size]}, when their states have the same leading axes.
 * Linear equations are integrated exactly over a step with constant input.
 */
package dev.engram.spiking;
