/** What is trained: tasks with their data, networks and sizes. */
package dev.engram.cli.train.problem;
