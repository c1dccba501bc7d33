/** Tests of what looks into programs while they run. */
@org.jspecify.annotations.NullMarked
package dev.engram.tests.inside;
