/**
 * Files: tensors in the safetensors format, and writes that either happen completely or not at all.
 */
package dev.engram.io;
