/** Online learning rules by eligibility traces, as rewrites of graphs. */
package dev.engram.etrace;
