/** A backend: {@code docs/add-a-backend.md} tells how. */
package org.example.backend;
