/** Ops added in each of the three ways; see {@code docs/add-an-op.md}. */
package org.example.ops;
