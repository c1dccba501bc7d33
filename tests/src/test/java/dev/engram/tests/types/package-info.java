/** What holds for every element type, at the edges of each. */
package dev.engram.tests.types;
