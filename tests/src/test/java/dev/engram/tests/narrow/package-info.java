/** Everything of several ops in the types of 16 bits: as exact as they can hold. */
package dev.engram.tests.narrow;
