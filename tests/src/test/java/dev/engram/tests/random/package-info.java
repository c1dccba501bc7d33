/** Random well-typed programs, and the laws that all of them must keep. */
package dev.engram.tests.random;
