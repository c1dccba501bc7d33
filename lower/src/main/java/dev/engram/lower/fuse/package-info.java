/** Which values are computed together in one nest of loops, and in which order. */
package dev.engram.lower.fuse;
