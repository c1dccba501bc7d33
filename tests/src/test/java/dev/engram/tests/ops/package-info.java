/** Every op under every transformation: the table in {@code docs/OPS.md}. */
package dev.engram.tests.ops;
