/** Derivatives and batching as rewrites of graphs. */
package dev.engram.autodiff;
