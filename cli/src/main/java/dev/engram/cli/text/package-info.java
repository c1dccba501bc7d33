/** What several commands print: the version, quantities, JSON. */
package dev.engram.cli.text;
