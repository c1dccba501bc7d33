/** The computation of each lane: straight-line programs of primitive operations. */
package dev.engram.lower.lanes;
