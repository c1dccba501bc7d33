/** The command {@code doctor}: what is found out about an installation, and how it is told. */
package dev.engram.cli.doctor;
