"""Writes the reference vectors of OptaxTest: weights under each optimizer, rates of each schedule, and transformed
gradients, computed by Optax in f64.

    python tests/jax/optimizers.py

needs jax and optax (0.10.2 and 0.2.8 made the vectors that are committed) and writes
tests/src/test/resources/jax/optimizers.safetensors. The Java side, OptaxTest, says the same names again.
"""
import jax
import jax.numpy as jnp
import numpy as np
import optax
from optax import contrib

from programs import random, write

STEPS = 25
START = dict(w=random(101, 3, 4), b=random(102, 5))
GRADS = dict(
    w=random(103, STEPS, 3, 4, scale=0.8) + 0.3,
    # an element without any gradient, and one whose gradient keeps its sign
    b=(random(104, STEPS, 5, scale=0.5) - 0.2).at[:, 0].set(0).at[:, 1].set(jnp.linspace(0.1, 1, STEPS)))


def RATE(count):
    """Optax's schedules compute in f32 of an integer count."""
    return optax.exponential_decay(0.1, 10, 0.5)(jnp.asarray(count, jnp.float64))


def adafactor(rate, least, power, clip, momentum):
    """optax.adafactor with its decay of the second moment in f64 instead of f32."""
    decay = lambda i, power: 1 - jnp.asarray(i + 1, jnp.float64) ** -power
    parts = [
        optax.scale_by_factored_rms(True, power, 0, least, 1e-30, decay),
        optax.clip_by_block_rms(clip),
        optax.scale_by_learning_rate(rate, flip_sign=False),
        optax.scale_by_param_block_rms()]
    if momentum:
        parts.append(optax.ema(momentum, debias=False, accumulator_dtype=jnp.float64))
    return optax.chain(*parts, optax.scale(-1))



OPTIMIZERS = dict(
    sgd=optax.sgd(0.1),
    sgd_nesterov=optax.sgd(0.1, momentum=0.9, nesterov=True),
    adam=optax.adam(RATE, 0.8, 0.95, 1e-6),
    adamw=optax.adamw(RATE, 0.9, 0.99, 1e-8, weight_decay=0.1),
    adagrad=optax.adagrad(RATE, initial_accumulator_value=0.1, eps=1e-30),
    lion=optax.lion(RATE, 0.8, 0.95, weight_decay=0.1),
    rmsprop=optax.rmsprop(RATE, 0.8, 1e-6, eps_in_sqrt=False),
    rmsprop_momentum=optax.rmsprop(0.1, 0.8, 1e-6, eps_in_sqrt=False, momentum=0.7),
    rmsprop_centered=optax.rmsprop(0.1, 0.8, 1e-3, eps_in_sqrt=False, centered=True, momentum=0.7),
    nadam=optax.nadam(RATE, 0.8, 0.95, 1e-6),
    amsgrad=optax.amsgrad(RATE, 0.8, 0.95, 1e-6),
    adabelief=optax.adabelief(RATE, 0.8, 0.95, 1e-6, eps_root=1e-6),
    yogi=optax.yogi(RATE, 0.8, 0.95, 1e-3),
    adamax=optax.adamax(RATE, 0.8, 0.95, 1e-6),
    radam=optax.radam(RATE, 0.8, 0.95, 1e-6),
    radam_never=optax.radam(RATE, 0.8, 0.6, 1e-6),
    adadelta=optax.adadelta(0.5, 0.8, 1e-4),
    lamb=optax.lamb(RATE, 0.8, 0.95, 1e-6, weight_decay=0.1),
    lars=optax.lars(0.1, weight_decay=0.1, trust_coefficient=0.02, momentum=0.8),
    fromage=optax.fromage(RATE, min_norm=0.0),
    sign=optax.sign_sgd(RATE),
    novograd=optax.novograd(RATE, 0.8, 0.6, 1e-6, weight_decay=0.1),
    sm3=optax.sm3(0.1, 0.7),
    adafactor=adafactor(RATE, 2, 0.8, 1.0, 0),
    adafactor_momentum=adafactor(0.1, 4, 0.6, 0.7, 0.8),
    accumulation=optax.MultiSteps(optax.adam(0.1, 0.8, 0.95, 1e-6), 4, accumulator_dtype=jnp.float64),
    groups=optax.multi_transform(
        dict(w=optax.adam(0.1, 0.8, 0.95, 1e-6), b=optax.sgd(0.1, momentum=0.9)), dict(w="w", b="b")),
)


def grads(t):
    return {k: g[t] for k, g in GRADS.items()}


def trajectory(optimizer):
    params, out = START, []
    state = optimizer.init(params)
    for t in range(STEPS):
        updates, state = optimizer.update(grads(t), state, params)
        params = optax.apply_updates(params, updates)
        out.append(params)
    return {k: jnp.stack([p[k] for p in out]) for k in START}


def rprop():
    """The steps that Optax 0.2.8 keeps in its state. What it applies is the step of the update before."""
    optimizer, params, out = optax.rprop(0.05, 0.6, 1.3, 0.02, 0.2), START, []
    state = optimizer.init(params)
    for t in range(STEPS):
        _, state = optimizer.update(grads(t), state, params)
        params = jax.tree.map(lambda w, step: w - step, params, state[0].prev_updates)
        out.append(params)
    return {k: jnp.stack([p[k] for p in out]) for k in START}


def lookahead():
    params = optax.LookaheadParams.init_synced(START)
    optimizer = optax.lookahead(optax.adam(0.1, 0.8, 0.95, 1e-6), 4, 0.6)
    state, out = optimizer.init(params), []
    for t in range(STEPS):
        updates, state = optimizer.update(grads(t), state, params)
        params = optax.apply_updates(params, updates)
        out.append(params.fast)
    return {k: jnp.stack([p[k] for p in out]) for k in START}


def average():
    """The average of the weights under sgd."""
    weights, mean, out = trajectory(OPTIMIZERS["sgd"]), START, []
    for t in range(STEPS):
        mean = optax.incremental_update({k: w[t] for k, w in weights.items()}, mean, 1 - 0.9)
        out.append(mean)
    return {k: jnp.stack([p[k] for p in out]) for k in START}


SCHEDULES = dict(
    step=optax.exponential_decay(0.3, 5, 0.5, staircase=True),
    exponential=optax.exponential_decay(0.3, 5, 0.5),
    cosine=optax.cosine_decay_schedule(0.3, 20, alpha=0.1),
    linear=optax.linear_schedule(0.1, 0.5, 20),
    warmup=optax.warmup_cosine_decay_schedule(0.0, 0.3, 6, 26, 0.03),
    in_turn=optax.join_schedules([optax.constant_schedule(0.2), optax.exponential_decay(0.3, 5, 0.5)], [7]),
    polynomial=optax.polynomial_schedule(0.3, 0.05, 2.5, 20),
    piecewise=optax.piecewise_constant_schedule(0.4, {5: 0.5, 12: 0.25, 20: 2.0}),
    interpolated=optax.linear_onecycle_schedule(30, 0.4),
    one_cycle=optax.cosine_onecycle_schedule(30, 0.4),
    restarts=optax.sgdr_schedule([
        dict(init_value=0.0, peak_value=0.4, warmup_steps=0, decay_steps=5 * 2**i, end_value=0.04) for i in range(4)]),
    equal_restarts=optax.sgdr_schedule([
        dict(init_value=0.0, peak_value=0.4, warmup_steps=0, decay_steps=7, end_value=0.04) for _ in range(8)]),
)


def plateau():
    """Optax reduces at the patience-th bad loss, Engram as PyTorch after it: their patience differs by 1."""
    losses = np.abs(np.asarray(random(105, 60))) + np.concatenate([np.linspace(5, 1, 20), np.full(40, 1.0)])
    losses[30], losses[31] = np.nan, np.inf
    out = {}
    for name, patience, cooldown, rtol in [("eager", 1, 0, 1e-4), ("calm", 4, 3, 0.05)]:
        transform = contrib.reduce_on_plateau(
            factor=0.5, patience=patience, cooldown=cooldown, rtol=rtol, min_scale=0.01)
        one = jnp.ones(())
        state, scales = transform.init(one), []
        for loss in losses:
            updates, state = transform.update(one, state, value=jnp.asarray(loss))
            scales.append(updates)
        out["plateau." + name] = jnp.stack(scales)
    return dict(out, **{"plateau.losses": jnp.asarray(losses)})


def transforms():
    g, w = random(106, 3, 4), random(107, 3, 4, scale=0.3).at[:, 2].set(0)
    k, kw = random(108, 2, 3, 4), random(109, 2, 3, 4, scale=0.3)
    agc = lambda g, w, axis: optax.adaptive_grad_clip(0.5, 1e-3, axis).update(g, optax.EmptyState(), w)[0]
    # Optax keeps the leading axis, Engram the last one, which is that of a weight's units
    central = optax.centralize().update(jnp.moveaxis(k, -1, 0), optax.EmptyState())[0]
    norm = lambda g: optax.clip_by_global_norm(1.5).update(g, optax.EmptyState())[0]
    return {
        "transform.g": g, "transform.w": w, "transform.k": k, "transform.kw": kw,
        "transform.adaptive.g": agc(g, w, 0), "transform.adaptive.k": agc(k, kw, (0, 1)),
        "transform.centralize.k": jnp.moveaxis(central, 0, -1),
        "transform.norm.g": norm(g), "transform.norm.k": norm(k),
    }


def main():
    out = {}
    for name, optimizer in OPTIMIZERS.items():
        out |= {f"{name}.{k}": v for k, v in trajectory(optimizer).items()}
    out |= {f"rprop.{k}": v for k, v in rprop().items()}
    out |= {f"lookahead.{k}": v for k, v in lookahead().items()}
    out |= {f"average.{k}": v for k, v in average().items()}
    out |= {f"schedule.{k}": jnp.stack([jnp.asarray(s(jnp.float64(t)), jnp.float64) for t in range(40)])
            for k, s in SCHEDULES.items()}
    out |= plateau() | transforms()
    out |= {f"start.{k}": v for k, v in START.items()} | {f"grads.{k}": v for k, v in GRADS.items()}
    write("optimizers", out)


if __name__ == "__main__":
    main()
