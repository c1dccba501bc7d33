/** Programs whose results JAX has computed; {@code tests/jax} holds the scripts. */
package dev.engram.tests.jax;
