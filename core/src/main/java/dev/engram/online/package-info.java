/** Online learning: learners around models, and the named learning rules. */
package dev.engram.online;
