/** What the backend asks of a card's driver. */
package dev.engram.backend.cuda.driver;
