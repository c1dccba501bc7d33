/** Types of options: how values are parsed, and the errors for wrong ones. */
package dev.engram.cli.option;
