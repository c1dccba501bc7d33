/** Measures of the quality of predictions that are collected over many batches. */
package dev.engram.metric;
