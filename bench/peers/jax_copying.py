"""The copying task in pure JAX: the peer of `dev.engram.bench.BenchmarkTable`.

A GRU with a linear readout sees ten digits, a delay, and ten times the symbol 9, at which it has to name the digits.
One iteration runs one batch and moves the weights by Adam. The gradient comes from

    bptt    jax.grad through the whole sequence
    d_rtrl  eligibility traces, written out below

D-RTRL for this model: with y_k = x_k W_k + b_k the step is h' = (1 - z) h + z tanh(y_h), z = sigmoid(y_z),
x_z = [x, h], x_h = [x, r h]. Holding every y_k fixed,

    D      = dh'/dh   = 1 - z
    Df_z   = dh'/dy_z = (tanh(y_h) - h) z (1 - z)
    Df_h   = dh'/dy_h = z (1 - tanh(y_h)^2)
    eps_k' = D eps_k + x_k (outer) Df_k
    grad_k = sum over the batch of  dloss/dh' eps_k'

W_r reaches the state only through W_h, and the readout not at all: both get the gradient of the step's own loss with h
held fixed.

The modes `stream` and `stream_losses` move the weights at every step, of this net and of those of jax_online.py, which
`online_losses` trains on sequences. `turns` times a product, or iterations of any of them, whenever it is told to. Every
answer is one JSON object on a line of its own.
"""

import argparse
import json
import os
import sys
import time

DIGITS = 10
SYMBOLS = 10
RECALL = 9
GATES = ("Wz", "Wr", "Wh")


def options():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("mode", choices=["iterations", "first", "memory", "compile", "kernels", "losses", "stream", "stream_losses", "online_losses", "turns"])
    p.add_argument("--rule", choices=["d_rtrl", "bptt", "both"], default="d_rtrl")
    p.add_argument("--net", choices=["sgd", "adam", "lstm", "lif"], help="turns, online_losses: lstm (default) or lif of jax_online.py; stream, stream_losses: any, sgd (default) and adam being the GRU")
    p.add_argument("--what", choices=["kernel", "iterations", "online"], default="kernel", help="turns")
    p.add_argument("--kernel", choices=["matmul_small", "matmul_512"], default="matmul_512", help="turns")
    p.add_argument("--library", choices=["numpy", "jax"], default="numpy", help="turns")
    p.add_argument("--lag", type=int, default=50)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--hidden", type=int, default=128)
    p.add_argument("--lr", type=float, default=1e-3)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--iterations", type=int, default=30)
    p.add_argument("--warm-seconds", type=float, default=3.0)
    p.add_argument("--platform", choices=["cpu", "cuda"], default="cpu")
    p.add_argument("--precision", help="of products, such as highest: on a card, JAX rounds f32 operands by default")
    p.add_argument("--data", help="a safetensors file: losses: weights and `symbols`, i32[N, T, B]; stream, stream_losses: weights, `x`, f32[N, B, n], and `digits`, i32[N, B]; turns, online_losses: weights, `x`, f32[N, T, B, n], and `labels`, i32[N, 10, B]")
    return p.parse_args()


OPTIONS = options()
if hasattr(os, "sched_setaffinity"):
    # XLA sizes its pool by the processors it may use.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: OPTIONS.threads])

import numpy as np  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from jax import lax  # noqa: E402


# ---- model -----------------------------------------------------------------------------------------------------------


def initial_weights(hidden, seed):
    rng = np.random.default_rng(seed)
    weights = {}
    for gate in GATES:
        rows = SYMBOLS + hidden
        q, r = np.linalg.qr(rng.standard_normal((rows, hidden)))
        weights[f"rnn.{gate}.weight"] = (q * np.sign(np.diag(r))).astype(np.float32)
        weights[f"rnn.{gate}.bias"] = np.zeros(hidden, np.float32)
    weights["readout.weight"] = (rng.standard_normal((hidden, SYMBOLS)) * np.sqrt(2 / hidden)).astype(np.float32)
    weights["readout.bias"] = np.zeros(SYMBOLS, np.float32)
    return {k: jnp.asarray(v) for k, v in weights.items()}


def linear(w, name, x):
    return x @ w[name + ".weight"] + w[name + ".bias"]


def gru(w, h, x):
    """The next state, and what its derivatives are made of."""
    xh = jnp.concatenate([x, h], 1)
    z = jax.nn.sigmoid(linear(w, "rnn.Wz", xh))
    r = jax.nn.sigmoid(linear(w, "rnn.Wr", xh))
    xrh = jnp.concatenate([x, r * h], 1)
    c = jnp.tanh(linear(w, "rnn.Wh", xrh))
    return (1 - z) * h + z * c, (xh, z, r, xrh, c)


def over_batch(signal, trace):
    """Sum over the batch of signal times trace; in XLA on a CPU three times faster than multiplying and summing."""
    return jnp.einsum("bn,bkn->kn", signal, trace)


def one_hot(ids):
    return jax.nn.one_hot(ids, SYMBOLS, dtype=jnp.float32)


def cross_entropy(logits, labels):
    picked = jnp.take_along_axis(logits, labels[:, None], 1)[:, 0]
    return (jax.nn.logsumexp(logits, 1) - picked).mean()


# ---- the two rules: symbols i32[T, B] to (loss, gradients) --------------------------------------------------------------


def bptt(w, symbols):
    batch = symbols.shape[1]
    hidden = w["rnn.Wz.bias"].shape[0]

    def loss(w):
        def silent(h, ids):
            return gru(w, h, one_hot(ids))[0], None

        def recall(h, step):
            ids, digit = step
            h, _ = gru(w, h, one_hot(ids))
            return h, cross_entropy(linear(w, "readout", h), digit)

        h = jnp.zeros((batch, hidden), jnp.float32)
        h, _ = lax.scan(silent, h, symbols[:-DIGITS])
        _, losses = lax.scan(recall, h, (symbols[-DIGITS:], symbols[:DIGITS]))
        return losses.mean()

    return jax.value_and_grad(loss)(w)


def traced_step(w, carry, x):
    """A step of the model and its traces; also returns what W_r's gradient needs."""

    def advance(eps, d, x, f):
        weight, bias = eps
        return d[:, None, :] * weight + x[:, :, None] * f[:, None, :], d * bias + f

    h, ez, eh = carry
    new, (xh, z, r, xrh, c) = gru(w, h, x)
    d = 1 - z
    fz = (c - h) * z * (1 - z)
    fh = z * (1 - c * c)
    return (new, advance(ez, d, xh, fz), advance(eh, d, xrh, fh)), (xh, r, fh, h)


def learning_step(w, carry, x, digit):
    """A step, its loss, and the gradient of that."""
    carry, (xh, r, fh, old) = traced_step(w, carry, x)
    h, ez, eh = carry
    logits = linear(w, "readout", h)
    loss, dlogits = jax.value_and_grad(cross_entropy)(logits, digit)
    signal = dlogits @ w["readout.weight"].T
    # W_r's own path: y_h <- r h <- r <- y_r
    dr = ((signal * fh) @ w["rnn.Wh.weight"].T)[:, SYMBOLS:] * old
    dyr = dr * r * (1 - r)
    return carry, loss, {
        "rnn.Wz.weight": over_batch(signal, ez[0]),
        "rnn.Wz.bias": (signal * ez[1]).sum(0),
        "rnn.Wr.weight": xh.T @ dyr,
        "rnn.Wr.bias": dyr.sum(0),
        "rnn.Wh.weight": over_batch(signal, eh[0]),
        "rnn.Wh.bias": (signal * eh[1]).sum(0),
        "readout.weight": h.T @ dlogits,
        "readout.bias": dlogits.sum(0),
    }


def fresh_carry(w, batch):
    hidden = w["rnn.Wz.bias"].shape[0]

    def trace():
        return jnp.zeros((batch, SYMBOLS + hidden, hidden), jnp.float32), jnp.zeros((batch, hidden), jnp.float32)

    return jnp.zeros((batch, hidden), jnp.float32), trace(), trace()


def d_rtrl(w, symbols):
    def silent(carry, ids):
        return traced_step(w, carry, one_hot(ids))[0], None

    def recall(carry, inputs):
        carry, grads = carry
        ids, digit = inputs
        carry, loss, own = learning_step(w, carry, one_hot(ids), digit)
        return (carry, jax.tree.map(jnp.add, grads, own)), loss

    carry, _ = lax.scan(silent, fresh_carry(w, symbols.shape[1]), symbols[:-DIGITS])
    zeros = jax.tree.map(jnp.zeros_like, w)
    (_, grads), losses = lax.scan(recall, (carry, zeros), (symbols[-DIGITS:], symbols[:DIGITS]))
    return losses.mean(), grads


RULES = {"d_rtrl": d_rtrl, "bptt": bptt}


# ---- training -----------------------------------------------------------------------------------------------------------


def adam(w, m, v, count, grads, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    count = count + 1
    t = count.astype(jnp.float32)
    m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, grads)
    v = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, grads)

    def move(w, m, v):
        return w - lr * (m / (1 - beta1**t)) / (jnp.sqrt(v / (1 - beta2**t)) + epsilon)

    return jax.tree.map(move, w, m, v), m, v, count


def iteration(gradients, lr):
    def run(state, *batch):
        w, m, v, count = state
        loss, grads = gradients(w, *batch)
        return adam(w, m, v, count, grads, lr), loss

    return jax.jit(run, donate_argnums=0)


def streamed_net(name):
    """How weights are laid out, the states and traces at the start, and a step with its loss and gradients."""
    if name in (None, "sgd", "adam"):
        return dict, fresh_carry, learning_step
    from jax_online import STREAMED

    return STREAMED[name]


def streamed(o):
    """A step of a stream: the state is (weights, the optimizer's, carry), the inputs those of the net and the digit."""
    _, _, learning = streamed_net(o.net)

    def step(state, inputs):
        w, moments, carry = state
        carry, loss, grads = learning(w, carry, *inputs)
        if o.net == "adam":
            w, *moments = adam(w, *moments, grads, o.lr)
            return (w, tuple(moments), carry), loss
        return (jax.tree.map(lambda w, g: w - o.lr * g, w, grads), moments, carry), loss

    return step


def stream_data(o):
    """A function that makes the state at the start, and the inputs of all steps."""
    layout, carry, _ = streamed_net(o.net)
    tensors = read_safetensors(o.data)
    x, digits = tensors.pop("x"), tensors.pop("digits")
    weights = layout(tensors)

    def fresh():
        w = {k: jnp.array(v) for k, v in weights.items()}
        moments = fresh_state(w)[1:] if o.net == "adam" else ()
        return w, moments, jax.tree.map(jnp.array, carry(w, o.batch))  # none twice, since all are donated

    return fresh, x, digits


def fresh_state(weights):
    zeros = {k: jnp.zeros_like(x) for k, x in weights.items()}
    return weights, zeros, {k: jnp.zeros_like(x) for k, x in weights.items()}, jnp.zeros((), jnp.int32)


def batches(o, n):
    rng = np.random.default_rng(o.seed)
    out = []
    for _ in range(n):
        ids = np.zeros((o.lag + 2 * DIGITS, o.batch), np.int32)
        ids[:DIGITS] = rng.integers(1, RECALL, (DIGITS, o.batch))
        ids[-DIGITS:] = RECALL
        out.append(jnp.asarray(ids))
    return out


# ---- answers --------------------------------------------------------------------------------------------------------------


def answer(**fields):
    print(json.dumps(fields), flush=True)


def peak_bytes():
    try:
        with open("/proc/self/status") as f:
            return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return -1


def warm_and_time(run, seconds, n):
    """Milliseconds of n runs in steady state."""
    end = time.perf_counter() + seconds
    least = 5
    while least > 0 or time.perf_counter() < end:
        run()
        least -= 1
    ms = []
    for _ in range(n):
        start = time.perf_counter()
        run()
        ms.append((time.perf_counter() - start) * 1e3)
    return ms


class Training:
    """Training on batches that take turns."""

    def __init__(self, weights, gradients, lr, data):
        self.state = fresh_state(weights)
        self.step = iteration(gradients, lr)
        self.data = data
        self.losses = []

    def __call__(self):
        batch = self.data[len(self.losses) % len(self.data)]
        self.state, loss = self.step(self.state, *batch)
        self.losses.append(float(loss))


def copying(o, n):
    """Training on the copying task, with n batches."""
    return Training(initial_weights(o.hidden, o.seed), RULES[o.rule], o.lr, [(b,) for b in batches(o, n)])


def online_training(o):
    from jax_online import NETS

    layout, gradients = NETS[o.net or "lstm"]
    tensors = read_safetensors(o.data)
    data = list(zip(jnp.asarray(tensors.pop("x")), jnp.asarray(tensors.pop("labels"))))
    return Training({k: jnp.asarray(v) for k, v in layout(tensors).items()}, gradients, o.lr, data)


def online_losses(o):
    training = online_training(o)
    for _ in training.data:
        training()
    answer(what="online_losses", net=o.net, losses=training.losses)


def iterations(o):
    training = copying(o, 16)
    ms = warm_and_time(training, o.warm_seconds, o.iterations)
    answer(what="iterations", rule=o.rule, ms=ms, losses=training.losses)


def first(o):
    training = copying(o, 1)
    training()
    answer(what="first", rule=o.rule, end=time.time(), losses=training.losses)


def memory(o):
    training = copying(o, 1)
    for _ in range(o.iterations):
        training()
    answer(what="memory", rule=o.rule, steps=o.lag + 2 * DIGITS, peak=peak_bytes(), losses=training.losses)


def compile_time(o):
    ms = []
    for _ in range(o.iterations + 1):
        state = fresh_state(initial_weights(o.hidden, o.seed))
        step = iteration(RULES[o.rule], o.lr)
        data = batches(o, 1)[0]
        start = time.perf_counter()
        step.lower(state, data).compile()
        ms.append((time.perf_counter() - start) * 1e3)
    answer(what="compile", rule=o.rule, steps=o.lag + 2 * DIGITS, ms=ms[1:])


def losses(o):
    tensors = read_safetensors(o.data)
    symbols = jnp.asarray(tensors.pop("symbols"))
    training = Training({k: jnp.asarray(v) for k, v in tensors.items()}, RULES[o.rule], o.lr, [(b,) for b in symbols])
    for _ in training.data:
        training()
    answer(what="losses", rule=o.rule, losses=training.losses)


def stream_losses(o):
    fresh, x, digits = stream_data(o)
    steps = jnp.asarray(x[: o.iterations]), jnp.asarray(digits[: o.iterations])
    _, out = jax.jit(lambda s, xs: lax.scan(streamed(o), s, xs))(fresh(), steps)
    answer(what="stream_losses", losses=[float(loss) for loss in out])


def stream(o):
    """Microseconds of steps: called one by one, and in a scan over all."""
    fresh, x, digits = stream_data(o)
    step = jax.jit(streamed(o), donate_argnums=0)
    state = fresh()
    inputs = [(jnp.asarray(a), jnp.asarray(b)) for a, b in zip(x, digits)]
    us = []
    end = time.perf_counter() + o.warm_seconds
    while len(us) < o.iterations or time.perf_counter() < end:
        warming = time.perf_counter() < end
        for one in inputs:
            start = time.perf_counter()
            state, loss = step(state, one)
            loss.block_until_ready()
            us.append((time.perf_counter() - start) * 1e6)
        if warming:
            us.clear()
    answer(what="stream", kind="calls", us=np.percentile(us[: o.iterations], np.arange(1, 100)).tolist(), loss=float(loss))

    run = jax.jit(lambda s, xs: lax.scan(streamed(o), s, xs), donate_argnums=0)
    state = fresh()
    data = jnp.asarray(x), jnp.asarray(digits)

    def one_chunk():
        nonlocal state, out
        state, out = run(state, data)
        out.block_until_ready()

    out = None
    ms = warm_and_time(one_chunk, o.warm_seconds, 30)
    answer(what="stream", kind="compiled", us=[t * 1e3 / len(x) for t in ms], loss=float(out[-1]))


def read_safetensors(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        body = f.read()
    types = {"F32": np.float32, "I32": np.int32}
    out = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            out[name] = np.frombuffer(body[start:end], types[entry["dtype"]]).reshape(entry["shape"])
    return out


def kernels(o):
    rng = np.random.default_rng(o.seed)

    def normal(*shape):
        return jnp.asarray(rng.standard_normal(shape).astype(np.float32))

    def measure(name, f, args, work, repeat):
        g = jax.jit(f)

        def run():
            for _ in range(repeat):
                out = g(*args)
            jax.block_until_ready(out)

        ms = warm_and_time(run, o.warm_seconds / 2, o.iterations)
        answer(what="kernel", name=name, ns=[1e6 * t / repeat for t in ms], work=work)

    steps, batch, rows, hidden = 20, o.batch, SYMBOLS + o.hidden, o.hidden

    def sweep(e, g, d, x, f, l):
        def body(carry, step):
            e, g = carry
            d, x, f, l = step
            e = d[:, None, :] * e + x[:, :, None] * f[:, None, :]
            return (e, g + over_batch(l, e)), None

        return lax.scan(body, (e, g), (d, x, f, l))[0]

    measure(
        "sweep",
        sweep,
        [normal(batch, rows, hidden), normal(rows, hidden)]
        + [normal(steps, batch, n) * 0.1 for n in (hidden, rows, hidden, hidden)],
        2 * 4 * steps * batch * rows * hidden,
        1,
    )
    measure("matmul_small", jnp.matmul, [normal(64, 138), normal(138, 128)], 2 * 64 * 138 * 128, 100)
    measure("matmul_512", jnp.matmul, [normal(512, 512), normal(512, 512)], 2 * 512**3, 1)
    points = 1 << 16
    for name, f in (("tanh", jnp.tanh), ("sigmoid", jax.nn.sigmoid), ("exp", jnp.exp)):
        measure(name, f, [normal(points)], points, 20)
    measure("call", lambda x: x + 1, [normal(8)], 1, 1000)


def repeated_product(o):
    rng = np.random.default_rng(o.seed)
    m, k, n = {"matmul_small": (64, 138, 128), "matmul_512": (512, 512, 512)}[o.kernel]
    a, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((m, k), (k, n)))
    c = np.empty((m, n), np.float32)
    product = lambda a, b: np.matmul(a, b, out=c)
    if o.library == "jax":
        product, a, b = jax.jit(jnp.matmul), jnp.asarray(a), jnp.asarray(b)

    def run():
        for _ in range(10):
            out = product(a, b)
        jax.block_until_ready(out)

    return run, 10, []


def turns(o):
    """Nanoseconds of a product or an iteration, for each line that is read: the mean of all in 50 or 200 ms."""
    run = None
    enough = 50e-3 if o.what == "kernel" else 200e-3
    for _ in iter(sys.stdin.readline, ""):
        if run is None:  # not before: the other process may write what is read here
            if o.what == "kernel":
                run, each, losses = repeated_product(o)
            else:
                run, each = copying(o, 16) if o.what == "iterations" else online_training(o), 1
                losses = run.losses
        start = time.perf_counter()
        runs, seconds, known = 0, 0, len(losses)
        while seconds < enough:
            run()
            runs += each
            seconds = time.perf_counter() - start
        turn = {"what": "turn", "ns": 1e9 * seconds / runs}
        answer(**turn, **({"losses": losses[known:]} if losses else {}))


def main(o):
    modes = {
        "iterations": iterations,
        "first": first,
        "memory": memory,
        "compile": compile_time,
        "kernels": kernels,
        "losses": losses,
        "stream": stream,
        "stream_losses": stream_losses,
        "online_losses": online_losses,
        "turns": turns,
    }
    for rule in RULES if o.rule == "both" else [o.rule]:
        modes[o.mode](argparse.Namespace(**{**vars(o), "rule": rule}))


if __name__ == "__main__":
    jax.config.update("jax_platforms", OPTIONS.platform)
    if OPTIONS.precision:
        jax.config.update("jax_default_matmul_precision", OPTIONS.precision)
    main(OPTIONS)
