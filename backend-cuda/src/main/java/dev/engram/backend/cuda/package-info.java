/** The CUDA backend, for NVIDIA's cards. */
@org.jspecify.annotations.NullMarked
package dev.engram.backend.cuda;
