/** Coordinates of learning rules; see {@code docs/add-a-rule.md}. */
package org.example.rules;
