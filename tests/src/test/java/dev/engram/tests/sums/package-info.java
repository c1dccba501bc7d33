/** How exact sums are. */
package dev.engram.tests.sums;
