/** The text of the CUDA backend, run on the CPU by a stand-in for a card. */
package dev.engram.tests.cuda;
