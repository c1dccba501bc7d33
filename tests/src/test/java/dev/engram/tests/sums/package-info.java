/** The accuracy of sums. */
package dev.engram.tests.sums;
