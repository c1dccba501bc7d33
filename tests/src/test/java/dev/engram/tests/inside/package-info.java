/** Tests of prints, hooks and diagrams. */
@org.jspecify.annotations.NullMarked
package dev.engram.tests.inside;
