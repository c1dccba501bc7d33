/** Random well-typed programs, and the laws that all of them must satisfy. */
package dev.engram.tests.random;
