/**
 * Online learning: a learner around a model, the rules that it may learn by, and what they need.
 */
package dev.engram.online;
