/** What each rule remembers: the shapes of eligibility traces, and how a step carries them on. */
package dev.engram.etrace.traces;
