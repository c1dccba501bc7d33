/** What users import: models and their states, transformations, compiled functions. */
package dev.engram;
