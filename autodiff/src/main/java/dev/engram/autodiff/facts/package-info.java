/** What the rules of both directions share. */
package dev.engram.autodiff.facts;
