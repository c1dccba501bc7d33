/** The accuracy of the derivatives of rows, against numbers of 40 digits. */
package dev.engram.tests.slopes;
