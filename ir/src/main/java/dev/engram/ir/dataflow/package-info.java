/** Facts about the values of graphs: what reaches what, and flags that go through loops. */
package dev.engram.ir.dataflow;
