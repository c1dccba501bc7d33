/** An optimizer and what training is made of besides; see {@code docs/add-an-optimizer.md}. */
package org.example.optim;
