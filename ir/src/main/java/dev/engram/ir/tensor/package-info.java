/** The methods of tensors that are made of several ops. */
package dev.engram.ir.tensor;
