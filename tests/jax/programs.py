"""Writes the reference vectors of JaxProgramsTest: programs of the kind jax.lax is used for, computed by JAX in f64.

    python tests/jax/programs.py

needs jax (0.10.2 made the vectors that are committed) and writes tests/src/test/resources/jax/NAME.safetensors, one file
for each program, with its inputs and its results. The Java side, JaxProgramsTest, says the same programs again.
"""
import json
import pathlib
import struct

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
FOLDER = pathlib.Path(__file__).parent.parent / "src" / "test" / "resources" / "jax"


def write(name, tensors):
    """One file: 8 bytes of header length, the header in JSON, the tensors row by row."""
    header, data = {}, b""
    for key, value in sorted(tensors.items()):
        a = np.asarray(value, order="C")
        assert a.dtype == np.float64, (key, a.dtype)
        header[key] = {"dtype": "F64", "shape": list(a.shape), "data_offsets": [len(data), len(data) + a.nbytes]}
        data += a.tobytes()
    header["__metadata__"] = {"jax": jax.__version__, "program": name}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)


def random(seed, *shape, scale=1.0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape) * scale)


# A small network: 3 inputs, 4 tanh units, 2 outputs; its parameters as one vector of 26.
def mlp(theta, x):
    w1, b1 = theta[:12].reshape(3, 4), theta[12:16]
    w2, b2 = theta[16:24].reshape(4, 2), theta[24:26]
    return jnp.tanh(x @ w1 + b1) @ w2 + b2


def mlp_loss(theta, x, y):
    return jnp.mean((mlp(theta, x) - y) ** 2)


def hessian_of_mlp():
    theta, x, y = random(1, 26, scale=0.7), random(2, 5, 3), random(3, 5, 2)
    write("hessian_of_mlp", dict(
        theta=theta, x=x, y=y,
        loss=mlp_loss(theta, x, y),
        gradient=jax.grad(mlp_loss)(theta, x, y),
        hessian=jax.hessian(mlp_loss)(theta, x, y)))


def per_example_gradients():
    theta, x, y = random(4, 26, scale=0.7), random(5, 6, 3), random(6, 6, 2)
    one = lambda t, a, b: jnp.sum((mlp(t, a) - b) ** 2)
    write("per_example_gradients", dict(
        theta=theta, x=x, y=y,
        gradients=jax.vmap(jax.grad(one), in_axes=(None, 0, 0))(theta, x, y)))


def jacobian_of_scan():
    w, u, h0, xs = random(7, 3, 3, scale=0.8), random(8, 2, 3), random(9, 3), random(10, 6, 2)

    def run(xs, w):
        def step(h, x):
            h = jnp.tanh(h @ w + x @ u)
            return h, h * h
        last, hs = jax.lax.scan(step, h0, xs)
        return jnp.concatenate([last, hs.sum(0)])

    write("jacobian_of_scan", dict(
        w=w, u=u, h0=h0, xs=xs,
        value=run(xs, w),
        by_xs=jax.jacfwd(run, 0)(xs, w),
        by_w=jax.jacrev(run, 1)(xs, w),
        reversed=jax.lax.scan(lambda h, x: (jnp.tanh(h @ w + x @ u),) * 2, h0, xs, reverse=True)[1]))


# The root of x + sin(x)/2 = a by Newton's method, until the step is small: each a takes its own number of steps.
def newton(a):
    f = lambda x: x + 0.5 * jnp.sin(x) - a

    def step(s):
        x, _, n = s
        dx = f(x) / jax.grad(f)(x)
        return x - dx, jnp.abs(dx), n + 1

    x, _, n = jax.lax.while_loop(lambda s: (s[1] > 1e-9) & (s[2] < 50), step, (a, jnp.inf + 0 * a, 0.0 * a))
    return x, n


def newton_by_while_loop():
    a = jnp.asarray([0.0, 0.3, -1.7, 3.1, 9.9, -25.0])
    roots, steps = jax.vmap(newton)(a)
    tangents = jax.vmap(lambda v: jax.jvp(lambda t: newton(t)[0], (v,), (1.0,))[1])(a)
    # By the implicit function theorem, which reverse mode through the steps has to meet.
    write("newton_by_while_loop", dict(
        a=a, roots=roots, steps=steps, tangents=tangents, implicit=1 / (1 + 0.5 * jnp.cos(roots))))


# Two blocks of a transformer: layer norm, causal attention of 2 heads, layer norm, a tanh-GELU network; pre-norm.
D, HEADS, FF, T = 8, 2, 12, 5


def layer_norm(x, gain, shift):
    mean = x.mean(-1, keepdims=True)
    var = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / jnp.sqrt(var + 1e-5) * gain + shift


def gelu(x):
    return 0.5 * x * (1 + jnp.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))


def attention(x, wq, wk, wv, wo):
    heads = lambda w: (x @ w).reshape(T, HEADS, D // HEADS).transpose(1, 0, 2)
    q, k, v = heads(wq), heads(wk), heads(wv)
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(D // HEADS)
    scores = jnp.where(np.tril(np.ones((T, T), bool)), scores, -1e30)
    mixed = jax.nn.softmax(scores, -1) @ v
    return mixed.transpose(1, 0, 2).reshape(T, D) @ wo


def block(p, i, x):
    g = lambda name: p[f"{i}.{name}"]
    x = x + attention(layer_norm(x, g("gain1"), g("shift1")), g("wq"), g("wk"), g("wv"), g("wo"))
    h = layer_norm(x, g("gain2"), g("shift2"))
    return x + gelu(h @ g("w1") + g("b1")) @ g("w2") + g("b2")


def transformer():
    shapes = dict(gain1=(D,), shift1=(D,), wq=(D, D), wk=(D, D), wv=(D, D), wo=(D, D), gain2=(D,), shift2=(D,),
                  w1=(D, FF), b1=(FF,), w2=(FF, D), b2=(D,))
    p = {f"{i}.{n}": random(100 + 20 * i + k, *s, scale=0.4) for i in range(2) for k, (n, s) in enumerate(shapes.items())}
    x, y = random(11, 3, T, D), random(12, 3, T, D)
    forward = lambda p, x: block(p, 1, block(p, 0, x))

    def loss(p, x):
        return jnp.mean((jax.vmap(lambda e: forward(p, e))(x) - y) ** 2)

    by_p, by_x = jax.grad(loss, (0, 1))(p, x)
    out = {f"p.{k}": v for k, v in p.items()}
    out |= {f"grad.{k}": v for k, v in by_p.items()}
    write("transformer", out | dict(
        x=x, y=y, value=jax.vmap(lambda e: forward(p, e))(x), loss=loss(p, x), by_x=by_x))


# Layers with weights: batch normalization over three batches, a rectifier with learned slopes, a convolution with
# standardized weights, and a transposed one.
def batch_norm(x, scale, bias):
    mean, variance = x.mean((0, 1)), x.var((0, 1))
    return (x - mean) / jnp.sqrt(variance + 0.01) * scale + bias


def scaled_conv(x, w, gain):
    fan = w.size // w.shape[-1]
    used = gain * (w - w.mean((0, 1, 2))) / jnp.sqrt(jnp.maximum(fan * w.var((0, 1, 2)), 1e-4))
    return jax.lax.conv_general_dilated(x, used, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def transposed_conv(x, w, bias):
    layout = ("NHWC", "HWIO", "NHWC")
    return bias + jax.lax.conv_transpose(x, jnp.flip(w, (0, 1)), (2, 2), "SAME", dimension_numbers=layout)


def layers():
    out = {}

    def add(name, f, *args):
        y, pull = jax.vjp(f, *args)
        ct = random(999, *y.shape)
        out.update({f"{name}.{i}": a for i, a in enumerate(args)})
        out.update({f"{name}.grad{i}": g for i, g in enumerate(pull(ct))})
        out.update({f"{name}.y": y, f"{name}.ct": ct})

    xs, mean, variance = random(200, 3, 3, 2, 4), jnp.zeros(4), jnp.ones(4)
    for x in xs:
        mean = 0.8 * mean + 0.2 * x.mean((0, 1))
        variance = 0.8 * variance + 0.2 * x.var((0, 1), ddof=1)
    add("batchNorm", batch_norm, xs[2], random(201, 4), random(202, 4))
    out |= {"batchNorm.xs": xs, "batchNorm.mean": mean, "batchNorm.variance": variance}
    add("prelu", lambda x, a: jnp.where(x > 0, x, a * x), random(203, 3, 5), random(204, 5))
    add("scaledConv", scaled_conv, random(205, 1, 3, 4, 2), random(206, 2, 3, 2, 3), random(207, 3))
    add("convTranspose", transposed_conv, random(208, 1, 3, 4, 2), random(209, 3, 2, 2, 3), random(210, 3))
    write("layers", out)


def past_inputs(x, longest):
    """[T, longest+1, ...]: at each step the inputs of that step, of the one before, and so on, zero before the first."""
    padded = jnp.concatenate([jnp.zeros((longest, *x.shape[1:])), x])
    return jnp.stack([padded[longest - k:longest - k + x.shape[0]] for k in range(longest + 1)], 1)


def interpolated(x, d, longest):
    """x(t - d) between the two neighbouring steps, by numpy's interp over the past of each element."""
    def one(past, delay):  # [longest+1, N], [N]
        return jax.vmap(lambda p, a: jnp.interp(a, jnp.arange(longest + 1.0), p), (1, 0))(past, delay)
    return jax.vmap(lambda p: one(p, d))(past_inputs(x, longest))


def gaussian(d, sigma, longest):
    k = jnp.arange(longest + 1.0).reshape(-1, *[1] * d.ndim)
    raw = jnp.exp(-((k - d) ** 2) / (2 * sigma ** 2))
    return raw / raw.sum(0)


def delayed_synapses(x, w, d, kernel, longest):
    return jnp.einsum("tki,kij,ij->tj", past_inputs(x, longest), kernel(d), w)


def delays():
    longest, out = 4, {}
    x, seen, ct = random(300, 9, 3), random(301, 9, 3), random(302, 9, 2)
    d = jnp.asarray([0.3, 3.6, 2.25])
    synapses, w = jnp.asarray(np.random.default_rng(303).uniform(0, longest, (3, 2))), random(304, 3, 2)

    def hat(d):
        k = jnp.arange(longest + 1.0).reshape(-1, *[1] * d.ndim)
        return jnp.maximum(0, 1 - jnp.abs(k - d))

    def add(name, f, ct, *args):
        y, pull = jax.vjp(f, *args)
        out.update({f"{name}.grad{i}": g for i, g in enumerate(pull(ct))})
        out[f"{name}.y"] = y

    add("linear", lambda x, d: interpolated(x, d, longest), seen, x, d)
    add("gaussian", lambda x, d: jnp.einsum("tki,ki->ti", past_inputs(x, longest), gaussian(d, 0.7, longest)), seen, x, d)
    add("synapses", lambda x, w, d: delayed_synapses(x, w, d, hat, longest), ct, x, w, synapses)
    add("wide", lambda x, w, d: delayed_synapses(x, w, d, lambda d: gaussian(d, 1.5, longest), longest), ct, x, w, synapses)
    write("delays", out | dict(x=x, seen=seen, ct=ct, delay=d, synapses=synapses, weight=w))


if __name__ == "__main__":
    hessian_of_mlp()
    per_example_gradients()
    jacobian_of_scan()
    newton_by_while_loop()
    transformer()
    layers()
    delays()
