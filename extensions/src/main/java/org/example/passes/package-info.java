/** A pass; see {@code docs/add-a-pass.md}. */
package org.example.passes;
