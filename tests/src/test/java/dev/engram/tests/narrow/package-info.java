/** Functions composed of several ops in 16-bit types: rounded only once. */
package dev.engram.tests.narrow;
