/** What the Flight Recorder is told of programs that run. */
package dev.engram.tests.profile;
