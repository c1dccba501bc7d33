/** Sizes at the ends of int and long: what is exact, and how the rest is refused. */
package dev.engram.tests.sizes;
