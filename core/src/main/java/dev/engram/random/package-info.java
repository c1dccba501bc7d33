/** Random numbers from the bits of a key. */
package dev.engram.random;
