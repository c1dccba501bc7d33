/**
 * The values of states inside and outside of traces, how the states of a model are found and named,
 * and warnings about them.
 */
package dev.engram.state;
