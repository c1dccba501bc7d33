/** Random users: sequences of what users do with states and tensors, alone and in crowds. */
package dev.engram.tests.users;
