/** Scalar functions and number formats that the Java library lacks. */
package dev.engram.ir.math;
