/** A pass: {@code docs/add-a-pass.md} tells how. */
package org.example.passes;
