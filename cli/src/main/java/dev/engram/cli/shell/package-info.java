/** JShell with the library. */
package dev.engram.cli.shell;
