/** Loop programs read by people and by checks. */
package dev.engram.lower.inspect;
