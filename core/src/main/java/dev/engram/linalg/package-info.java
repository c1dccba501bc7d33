/** Dense linear algebra. */
package dev.engram.linalg;
