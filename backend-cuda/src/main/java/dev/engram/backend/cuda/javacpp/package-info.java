/** NVIDIA's driver and compiler, called by JavaCPP; no other package names its classes. */
@org.jspecify.annotations.NullMarked
package dev.engram.backend.cuda.javacpp;
