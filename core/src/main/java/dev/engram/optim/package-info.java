/**
 * Optimizers, schedules of their rates, and transformations of gradients.
 *
 * <ul>
 *   <li>Descent: {@link dev.engram.optim.Sgd}, {@link dev.engram.optim.SignSgd}, {@link
 *       dev.engram.optim.Lion}, {@link dev.engram.optim.Rprop}.
 *   <li>Steps scaled for each element: {@link dev.engram.optim.Adam} and its relatives {@link
 *       dev.engram.optim.NAdam}, {@link dev.engram.optim.RAdam}, {@link dev.engram.optim.AmsGrad},
 *       {@link dev.engram.optim.Adamax}, {@link dev.engram.optim.AdaBelief}, {@link
 *       dev.engram.optim.Yogi}; {@link dev.engram.optim.RmsProp}, {@link dev.engram.optim.Adagrad},
 *       {@link dev.engram.optim.AdaDelta}; with less memory {@link dev.engram.optim.Adafactor},
 *       {@link dev.engram.optim.Sm3}, {@link dev.engram.optim.NovoGrad}.
 *   <li>Steps as long as the weight tensor: {@link dev.engram.optim.Lamb}, {@link
 *       dev.engram.optim.Lars}, {@link dev.engram.optim.Fromage}.
 *   <li>Around them: {@link dev.engram.optim.ParameterGroups}, {@link dev.engram.optim.Lookahead},
 *       {@link dev.engram.optim.Accumulation}, {@link dev.engram.optim.WeightAverage}, {@link
 *       dev.engram.optim.LossScale}.
 *   <li>Rates: {@link dev.engram.optim.LearningRate}, {@link dev.engram.optim.Plateau}.
 * </ul>
 */
package dev.engram.optim;
