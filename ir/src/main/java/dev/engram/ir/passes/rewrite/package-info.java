/** What passes are made of: walks over graphs, and loops taken apart. */
package dev.engram.ir.passes.rewrite;
