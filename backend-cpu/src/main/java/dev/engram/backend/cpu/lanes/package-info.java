/** What is computed in every lane: straight-line programs of primitive operations. */
package dev.engram.backend.cpu.lanes;
