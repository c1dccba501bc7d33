/** Golden {@code .ir} files, which contain their own expectations. */
package dev.engram.tests.golden;
