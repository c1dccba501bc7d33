/** Which weights reach which hidden states, along which paths, and what a rule leaves out of it. */
package dev.engram.etrace.analysis;
