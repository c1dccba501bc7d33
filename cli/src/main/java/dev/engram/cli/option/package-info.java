/** Types of options: how values are read from words, and what is said of wrong ones. */
package dev.engram.cli.option;
