/** Loop fusion: which values are computed together in one nest, and in which order. */
package dev.engram.lower.fuse;
