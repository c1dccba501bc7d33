/**
 * Running a user's function on tracers: its arguments taken apart, and what it uses from around.
 */
package dev.engram.trace;
