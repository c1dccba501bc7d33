/** Loop programs as CUDA C. Nothing here needs a device, or a library of one. */
package dev.engram.backend.cuda.text;
