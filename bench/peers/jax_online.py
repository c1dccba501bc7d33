"""Rules that learn online, written by hand: the peers of `dev.engram.bench.OnlineNet`, and of `StreamedNet`, whose
gradients are those of one step.

A net maps its weights, inputs f32[T, B, n] and labels i32[10, B] of the last steps to (loss, gradients). Its rule has a
trace for what a weight does to a state. Losses are those of the last steps; before, only states and traces move on.
The memory is constant in T.

    lstm   pp-prop. With gates y = [x, h] W + b, c' = sigmoid(f + 1) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c'),
           a the decay, n the number of steps so far, and every y held fixed,

               ex'    = a ex + [x, h]
               ef_k'  = a sigmoid(f + 1) ef_k + (1 - a) dc'/dy_k           k = i, f, g
               grad_k = sum over the batch of  ex' (outer) dloss/dh' dh'/dc' ef_k' / (1 - a^n)
               grad_o = sum over the batch of  ex' (outer) dloss/dh' dh'/dy_o (1 - a) / (1 - a^n)

           o reaches h' but not c', and h does not reach the next states with y held fixed, so o needs no trace.
    lif    e-prop. With v' = d v + [x, s] w, d = exp(-1/20) (1 - s), s' = step(v' - 1), and a readout
           r' = k r + s' W + b, k = exp(-1/10), which is also the decay of the filter,

               e'     = d e + [x, s] (outer) 1,     f' = k f + e'
               p'     = k p + s',                   q' = k q + p'          for W; for b the same, with 1 in place of s'
               grad   = sum over the batch of  dloss/dv' f'
               grad_W = sum over the batch of  q' (outer) dloss/dr'

           e and f are as large as w for each example, so over a sequence they are written once in a window of steps:
           what a step adds to them decays by factors that are the same for all inputs, and a product sums it.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def loss_and_error(logits, labels):
    """The mean cross entropy of steps and examples, and the derivatives of each step's mean."""
    wanted = jax.nn.one_hot(labels, logits.shape[-1], dtype=logits.dtype)
    log = jax.nn.log_softmax(logits)
    return -(log * wanted).sum(-1).mean(), (jnp.exp(log) - wanted) / logits.shape[1]


def outer(x, y):
    """Sum over steps and the batch of x (outer) y: one product."""
    return jnp.einsum("tbi,tbj->ij", x, y)


# ---- LSTM by pp-prop ----------------------------------------------------------------------------------------------------

DECAY = 0.9
GATES = ("Wi", "Wf", "Wg", "Wo")


def fused_gates(weights):
    """One matrix for all gates."""
    out = {f"rnn.{p}": np.concatenate([weights.pop(f"rnn.{g}.{p}") for g in GATES], -1) for p in ("weight", "bias")}
    return {**out, **weights}


def lstm_step(w, carry, x):
    """A step of the net and its traces; also returns what h does through c and through o."""
    h, c, ex, ef = carry
    xh = jnp.concatenate([x, h], 1)
    i, f, g, o = jnp.split(xh @ w["rnn.weight"] + w["rnn.bias"], 4, 1)
    i, f, g, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f + 1), jnp.tanh(g), jax.nn.sigmoid(o)
    local = jnp.stack([g * i * (1 - i), c * f * (1 - f), i * (1 - g * g)], 1)
    c = f * c + i * g
    t = jnp.tanh(c)
    ef = DECAY * f[:, None] * ef + (1 - DECAY) * local
    return (o * t, c, DECAY * ex + xh, ef), (o * (1 - t * t), (1 - DECAY) * t * o * (1 - o))


def lstm(w, x, labels):
    steps, batch, inputs = x.shape
    hidden = w["readout.weight"].shape[0]
    silent = steps - len(labels)

    def learning(carry, x):
        carry, through = lstm_step(w, carry, x)
        h, _, ex, ef = carry
        return carry, (h, ex, ef, *through)

    zero = jnp.zeros((batch, hidden))
    carry = zero, zero, jnp.zeros((batch, inputs + hidden)), jnp.zeros((batch, 3, hidden))
    carry, _ = lax.scan(lambda carry, x: (lstm_step(w, carry, x)[0], None), carry, x[:silent])
    _, (h, ex, ef, by_c, by_o) = lax.scan(learning, carry, x[silent:])
    loss, error = loss_and_error(h @ w["readout.weight"] + w["readout.bias"], labels)
    sums = (1 - DECAY ** np.arange(silent + 1, steps + 1)).astype(np.float32)
    signal = error @ w["readout.weight"].T / sums[:, None, None]
    dy = jnp.concatenate([(signal * by_c)[:, :, None] * ef, (signal * by_o)[:, :, None]], 2)
    dy = dy.reshape(len(labels), batch, 4 * hidden)
    return loss, {
        "rnn.weight": outer(ex, dy),
        "rnn.bias": dy.sum((0, 1)),
        "readout.weight": outer(h, error),
        "readout.bias": error.sum((0, 1)),
    }


def lstm_carry(w, batch):
    hidden = w["readout.weight"].shape[0]
    rows = w["rnn.weight"].shape[0]
    zero = jnp.zeros((batch, hidden))
    return zero, zero, jnp.zeros((batch, rows)), jnp.zeros((batch, 3, hidden)), jnp.zeros((), jnp.int32)


def lstm_learning(w, carry, x, digit):
    """A step of a stream, its loss, and the gradient of that."""
    *carry, n = carry
    carry, (by_c, by_o) = lstm_step(w, carry, x)
    h, _, ex, ef = carry
    n = n + 1
    loss, error = loss_and_error((h @ w["readout.weight"] + w["readout.bias"])[None], digit[None])
    error = error[0]
    signal = error @ w["readout.weight"].T / (1 - DECAY ** n.astype(jnp.float32))
    dy = jnp.concatenate([(signal * by_c)[:, None] * ef, (signal * by_o)[:, None]], 1).reshape(len(x), -1)
    return (*carry, n), loss, {
        "rnn.weight": ex.T @ dy,
        "rnn.bias": dy.sum(0),
        "readout.weight": h.T @ error,
        "readout.bias": error.sum(0),
    }


# ---- spiking neurons by e-prop ------------------------------------------------------------------------------------------

MEMBRANE = math.exp(-1 / 20)
READOUT = math.exp(-1 / 10)
MOST_STEPS = 64  # of a window, which is the largest divisor of the silent steps up to this


def lif_step(w, carry, x):
    """A step of the net and of the readout's traces; also returns what e decays by and what is added to it."""
    v, s, r, p, q = carry
    xs = jnp.concatenate([x, s], 1)
    d = MEMBRANE * (1 - s)
    v = d * v + xs @ w["rnn.w"]
    s = (v > 1).astype(v.dtype)
    r = READOUT * r + s @ w["readout.W.weight"] + w["readout.W.bias"]
    p = READOUT * p + jnp.pad(s, ((0, 0), (0, 1)), constant_values=1)
    return (v, s, r, p, READOUT * q + p), (d, xs)


def back(d, signals, of_e, of_f):
    """Goes back through e' = d e + x, f' = k f + e', from derivatives in f of each step, and in e and f after the last:
    returns those in e and f before the first, and those in x of each step."""

    def earlier(later, now):
        e, f = later
        d, signal = now
        f = f + signal
        e = e + f
        return (d * e, READOUT * f), e

    return lax.scan(earlier, (of_e, of_f), (d, signals), reverse=True)


def lif_window(w, carry, x):
    """Silent steps. The last axes of the traces are [2, hidden], for e and f."""
    carry, traces = carry
    carry, (d, xs) = lax.scan(lambda carry, x: lif_step(w, carry, x), carry, x)
    _, batch, hidden = d.shape
    zero, one = jnp.zeros((batch, hidden)), jnp.ones((batch, hidden))
    # of both traces at the end, in e and in f there
    in_e, in_f = jnp.stack([one, zero], 1), jnp.stack([zero, one], 1)
    (old_e, old_f), fresh = back(d[:, :, None], jnp.zeros(len(x)), in_e, in_f)
    traces = old_e[:, None] * traces[:, :, :1] + old_f[:, None] * traces[:, :, 1:]
    return carry, traces + jnp.einsum("tbi,tbsj->bisj", xs, fresh)


def lif(w, x, labels):
    steps, batch, inputs = x.shape
    hidden, results = w["readout.W.weight"].shape
    silent = steps - len(labels)

    def learning(carry, x):
        carry, decay = lif_step(w, carry, x)
        v, _, r, _, q = carry
        return carry, (v, r, q, *decay)

    zero, no_trace = jnp.zeros((batch, hidden)), jnp.zeros((batch, hidden + 1))
    carry = (zero, zero, jnp.zeros((batch, results)), no_trace, no_trace), jnp.zeros((batch, inputs + hidden, 2, hidden))
    window = next(n for n in range(MOST_STEPS, 0, -1) if silent % n == 0)
    windows = x[:silent].reshape(silent // window, window, batch, inputs)
    (carry, traces), _ = lax.scan(lambda carry, x: (lif_window(w, carry, x), None), carry, windows)
    _, (v, r, q, d, xs) = lax.scan(learning, carry, x[silent:])
    loss, error = loss_and_error(r, labels)
    signals = error @ w["readout.W.weight"].T * (0.3 * jax.nn.relu(1 - jnp.abs(v - 1)))
    old, fresh = back(d, signals, zero, zero)
    readout = outer(q, error)
    return loss, {
        "rnn.w": outer(xs, fresh) + jnp.einsum("bsn,bisn->in", jnp.stack(old, 1), traces),
        "readout.W.weight": readout[:-1],
        "readout.W.bias": readout[-1],
    }


def lif_carry(w, batch):
    hidden, results = w["readout.W.weight"].shape
    zero, no_trace = jnp.zeros((batch, hidden)), jnp.zeros((batch, hidden + 1))
    traces = jnp.zeros((batch, len(w["rnn.w"]), hidden))
    return (zero, zero, jnp.zeros((batch, results)), no_trace, no_trace), traces, traces


def lif_learning(w, carry, x, digit):
    """A step of a stream, its loss, and the gradient of that; traces are written at every step."""
    carry, e, f = carry
    carry, (d, xs) = lif_step(w, carry, x)
    v, _, r, _, q = carry
    e = d[:, None] * e + xs[:, :, None]
    f = READOUT * f + e
    loss, error = loss_and_error(r[None], digit[None])
    error = error[0]
    signal = error @ w["readout.W.weight"].T * (0.3 * jax.nn.relu(1 - jnp.abs(v - 1)))
    readout = q.T @ error
    return (carry, e, f), loss, {
        "rnn.w": jnp.einsum("bn,bin->in", signal, f),
        "readout.W.weight": readout[:-1],
        "readout.W.bias": readout[-1],
    }


# ---- by name: how weights are laid out, and the gradients ---------------------------------------------------------------

NETS = {"lstm": (fused_gates, lstm), "lif": (dict, lif)}

# Like those, how weights are laid out; then states and traces at the start, and a step of a stream.
STREAMED = {"lstm": (fused_gates, lstm_carry, lstm_learning), "lif": (dict, lif_carry, lif_learning)}
