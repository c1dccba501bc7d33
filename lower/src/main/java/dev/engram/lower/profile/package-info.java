/**
 * What compiled programs do while they run, as events of the JDK Flight Recorder: time, bytes and
 * calls of each nest with the user's line, for every backend that counts with a {@link
 * dev.engram.lower.profile.ProgramProfile}.
 */
package dev.engram.lower.profile;
