/** Golden {@code .ir} files: what each of them must give is written in the file itself. */
package dev.engram.tests.golden;
