/** Properties of every element type at its edge values. */
package dev.engram.tests.types;
