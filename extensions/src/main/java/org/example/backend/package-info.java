/** A backend; see {@code docs/add-a-backend.md}. */
package org.example.backend;
