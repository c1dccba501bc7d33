/** Programs compared with JAX; {@code tests/jax} holds the scripts. */
package dev.engram.tests.jax;
