/** How the words of a random key become numbers. */
package dev.engram.random;
