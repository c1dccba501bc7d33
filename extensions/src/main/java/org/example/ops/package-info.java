/** An op by each of the three doors: {@code docs/add-an-op.md} tells how. */
package org.example.ops;
