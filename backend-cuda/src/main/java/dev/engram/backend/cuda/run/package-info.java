/** Programs and tensors on a card. */
package dev.engram.backend.cuda.run;
