/**
 * Checks for what users add: each throws an {@link AssertionError} that says where two results
 * differ. {@link dev.engram.testkit.FunctionChecks} is for functions of tensors, {@link
 * dev.engram.testkit.ModelChecks} for layers, cells, neurons and whole models, {@link
 * dev.engram.testkit.OptimizerChecks} for optimizers, {@link dev.engram.testkit.GoldenFiles} for
 * passes and ops.
 */
package dev.engram.testkit;
