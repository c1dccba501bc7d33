/**
 * What states hold inside and outside of traces, how a model's are found and named, and what users
 * are told of them.
 */
package dev.engram.state;
