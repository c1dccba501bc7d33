/** How close the derivatives of rows come to numbers of 60 digits. */
package dev.engram.tests.slopes;
