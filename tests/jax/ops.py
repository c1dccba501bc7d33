"""Writes src/test/resources/ops/jax.safetensors: results of JAX that JaxOpsTest holds Engram to.

For every case: the operands `NAME/0`, `NAME/1`, ...; the result `NAME/y`; a cotangent `NAME/ct` of the
result; and what it pulls back to for each float operand, `NAME/grad0`, ...

Run with JAX 0.10 and Optax 0.2.8: python tests/jax/ops.py
"""

import json
import pathlib
import struct

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

jax.config.update("jax_enable_x64", True)
rng = np.random.default_rng(1)
tensors = {}


def normal(*shape):
    return rng.standard_normal(shape)


def case(name, f, *args):
    args = [np.asarray(a) for a in args]
    floats = [i for i, a in enumerate(args) if a.dtype.kind == "f"]

    def of_floats(*some):
        full = list(args)
        for i, a in zip(floats, some):
            full[i] = a
        return f(*full)

    y, pull = jax.vjp(of_floats, *(jnp.asarray(args[i]) for i in floats))
    for i, a in enumerate(args):
        tensors[f"{name}/{i}"] = a
    tensors[f"{name}/y"] = np.asarray(y)
    if y.dtype.kind == "f":
        ct = normal(*y.shape)
        tensors[f"{name}/ct"] = ct
        for i, g in zip(floats, pull(jnp.asarray(ct))):
            tensors[f"{name}/grad{i}"] = np.asarray(g)


# --- convolution


def conv(d, stride=1, padding="VALID", dilation=1, groups=1):
    spatial = "DHW"[3 - d :]
    layout = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")

    def wide(v):
        return v if isinstance(v, (tuple, list)) else (v,) * d

    return lambda x, w: lax.conv_general_dilated(
        x,
        w,
        wide(stride),
        padding,
        rhs_dilation=wide(dilation),
        feature_group_count=groups,
        dimension_numbers=layout,
    )


case("conv1d", conv(1), normal(2, 9, 3), normal(3, 3, 4))
case("conv1dSame", conv(1, 2, "SAME"), normal(2, 9, 3), normal(4, 3, 4))
case("conv1dDilated", conv(1, 2, [(3, 1)], 2), normal(2, 9, 3), normal(3, 3, 4))
case("conv2d", conv(2), normal(2, 6, 5, 3), normal(3, 2, 3, 4))
case("conv2dSame", conv(2, (2, 1), "SAME"), normal(2, 6, 5, 3), normal(3, 2, 3, 4))
case("conv2dPadded", conv(2, 2, [(1, 1), (2, 2)], (1, 2)), normal(1, 6, 5, 2), normal(3, 3, 2, 3))
case("conv2dPointwise", conv(2), normal(2, 3, 4, 5), normal(1, 1, 5, 2))
case("conv2dGroups", conv(2, 1, "SAME", 1, 2), normal(2, 4, 4, 4), normal(3, 3, 2, 6))
case("conv2dDepthwise", conv(2, 2, "SAME", 1, 3), normal(2, 5, 4, 3), normal(3, 3, 1, 6))
case("conv3d", conv(3, (1, 2, 1), "SAME"), normal(1, 3, 4, 3, 2), normal(2, 3, 2, 2, 3))


def transposed(d, stride, padding, dilation=1):
    spatial = "DHW"[3 - d :]
    layout = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
    return lambda x, w: lax.conv_transpose(
        x,
        jnp.flip(w, tuple(range(d))),
        (stride,) * d,
        padding,
        rhs_dilation=(dilation,) * d,
        dimension_numbers=layout,
    )


case("convTranspose1dSame", transposed(1, 2, "SAME"), normal(2, 4, 3), normal(3, 3, 2))
case("convTranspose1dWide", transposed(1, 4, "VALID"), normal(2, 4, 3), normal(3, 3, 2))
case("convTranspose2d", transposed(2, 2, "VALID"), normal(1, 3, 4, 2), normal(3, 3, 2, 2))
case("convTranspose2dDilated", transposed(2, 2, "SAME", 2), normal(1, 3, 4, 2), normal(3, 2, 2, 2))


def pool(kind, size, stride, padding):
    start, f = {"max": (-jnp.inf, lax.max), "sum": (0.0, lax.add)}[kind]

    def apply(x):
        window = (1, *size, 1)
        return lax.reduce_window(x, start, f, window, (1, *stride, 1), padding)

    return apply


def mean(size, stride, padding):
    def apply(x):
        total = pool("sum", size, stride, padding)
        return total(x) / total(jnp.ones_like(x))

    return apply


case("maxPool1d", pool("max", (3,), (2,), "VALID"), normal(2, 8, 3))
case("maxPool2dSame", pool("max", (3, 2), (2, 2), "SAME"), normal(2, 5, 6, 3))
case("sumPool2d", pool("sum", (2, 3), (1, 2), "SAME"), normal(2, 5, 6, 3))
case("avgPool2d", mean((2, 2), (2, 2), "VALID"), normal(2, 5, 6, 3))
case("avgPool3dSame", mean((2, 3, 2), (1, 2, 2), "SAME"), normal(1, 3, 4, 5, 2))


# --- contraction


def einsum(name, spec, *shapes):
    case(name, lambda *a: jnp.einsum(spec, *a), *(normal(*s) for s in shapes))


einsum("einsumMatmul", "ij,jk->ik", (2, 3), (3, 4))
einsum("einsumImplicit", "ba,cb", (3, 2), (4, 3))
einsum("einsumTrace", "ii", (3, 3))
einsum("einsumDiagonal", "iji->ji", (3, 2, 3))
einsum("einsumThrice", "iii->i", (3, 3, 3))
einsum("einsumSum", "ijk->k", (2, 3, 4))
einsum("einsumTransposed", "ijk->kij", (2, 3, 4))
einsum("einsumBatch", "bij,bjk->bik", (2, 3, 4), (2, 4, 2))
einsum("einsumThree", "ij,jk,kl->il", (2, 3), (3, 4), (4, 2))
einsum("einsumShared", "i,i,i->i", (4,), (4,), (4,))
einsum("einsumOuter", "i,j->ji", (2,), (3,))
einsum("einsumEllipsis", "...ij,...jk->...ik", (5, 1, 2, 3), (4, 3, 2))
einsum("einsumEllipsisSum", "a...,a...->...", (2, 3, 1), (2, 1, 4))
einsum("einsumBilinear", "bn,anm,bm->ba", (2, 3), (4, 3, 5), (2, 5))
einsum("einsumAttention", "bqhd,bkhd->bhqk", (2, 3, 2, 4), (2, 5, 2, 4))
case("tensordot", lambda a, b: jnp.tensordot(a, b, ((0, 2), (1, 0))), normal(2, 3, 4), normal(4, 2, 5))
case("matmulBroadcast", jnp.matmul, normal(3, 1, 2, 4), normal(2, 4, 3))

# --- moves

case("sliceStrided", lambda x: x[:, 1:8:3], normal(2, 9))
case("padEdge", lambda x: jnp.pad(x, ((2, 1), (0, 3)), mode="edge"), normal(3, 4))
case("padReflect", lambda x: jnp.pad(x, ((2, 1), (0, 3)), mode="reflect"), normal(3, 4))
case("roll", lambda x: jnp.roll(x, 5, 1), normal(2, 7))
case("rollBack", lambda x: jnp.roll(x, -2, 0), normal(5, 2))
case("tile", lambda x: jnp.tile(x, (2, 3)), normal(3, 2))
case("repeat", lambda x: jnp.repeat(x, 3, 1), normal(2, 3))
case("stack", lambda a, b: jnp.stack([a, b], 1), normal(2, 3), normal(2, 3))
case("splitAt", lambda x: jnp.split(x, [1, 4], 1)[1], normal(2, 6))
case("swapAxes", lambda x: jnp.swapaxes(x, 0, -1), normal(2, 3, 4))
case("moveAxis", lambda x: jnp.moveaxis(x, 0, -1), normal(2, 3, 4))
case("diagonal", lambda x: jnp.diagonal(x, 1, 0, 2), normal(3, 2, 5))
case("diagonalBelow", lambda x: jnp.diagonal(x, -2, 2, 0), normal(3, 2, 5))
case("diagonalNone", lambda x: jnp.diagonal(x, 5), normal(3, 3))
case("diag", lambda x: jnp.diag(x, -2), normal(3))
case("tril", lambda x: jnp.tril(x, 1), normal(2, 4, 5))
case("triu", lambda x: jnp.triu(x, -1), normal(2, 4, 5))

# --- indexing

at = np.array([[2, 0], [1, 1], [2, 2]], dtype=np.int32)
case("take", lambda x, i: jnp.take(x, i, 1), normal(2, 3, 2), at)
case("takeAlongAxis", lambda x, i: jnp.take_along_axis(x, i, 1), normal(3, 4), at)
case("takeAlongFirst", lambda x, i: jnp.take_along_axis(x, i, 0), normal(3, 2), at)
case("addAt", lambda x, i, u: x.at[:, i].add(u), normal(2, 3), at, normal(2, 3, 2))
case("addAtOne", lambda x, i, u: x.at[i].add(u), normal(3, 2), at[:, 0], normal(2))
case("setAt", lambda x, i, u: x.at[i].set(u), normal(4, 2), np.array([3, 1], np.int32), normal(2, 2))
case("maxAt", lambda x, i, u: x.at[i].max(u), normal(4, 2), np.array([3, 1], np.int32), normal(2, 2))
case(
    "addAlongAxis",
    lambda x, i, u: x.at[jnp.arange(3)[:, None], i].add(u),
    normal(3, 4),
    at,
    normal(3, 2),
)
two = np.int32(2)
case("dynamicSlice", lambda x, i: lax.dynamic_slice(x, (i, i), (2, 3)), normal(5, 4), two)
case("dynamicUpdate", lambda x, u, i: lax.dynamic_update_slice(x, u, (i, i)), normal(5, 4), normal(2, 3), two)
case("getDynamic", lambda x, i: x[i], normal(5, 4), two)
case("oneHot", lambda i: jax.nn.one_hot(i, 4, dtype=jnp.float64), at)

# --- sorting


def with_ties(*shape):
    return np.round(normal(*shape) * 2) / 2


def nan_last(x):
    x = x.copy()
    x[..., 1] = np.nan
    return x


case("sort", lambda x: jnp.sort(x, 1), normal(3, 7, 2))
case("sortDown", lambda x: jnp.sort(x, 0, descending=True), normal(5, 2))
case("sortNan", lambda x: jnp.sort(x), nan_last(normal(2, 6)))
case("argSort", lambda x: jnp.argsort(x, 1).astype(jnp.int32), with_ties(3, 40))
case("argSortDown", lambda x: jnp.argsort(x, 0, descending=True).astype(jnp.int32), with_ties(33, 2))
case("topKValues", lambda x: lax.top_k(x, 3)[0], normal(2, 8))
case("topKIndices", lambda x: lax.top_k(x, 3)[1], with_ties(2, 8))
grid = np.sort(with_ties(9))
wanted = np.concatenate([with_ties(11), grid, [-9.0, 9.0, np.nan]])
case("searchSorted", lambda a, v: jnp.searchsorted(a, v).astype(jnp.int32), grid, wanted)
case("searchSortedRight", lambda a, v: jnp.searchsorted(a, v, side="right").astype(jnp.int32), grid, wanted)

# --- linear algebra


def positive(*shape):
    a = normal(*shape)
    return a @ np.swapaxes(a, -1, -2) + 0.5 * np.eye(shape[-1])


def triangular(lower):
    return lambda a, b: jax.scipy.linalg.solve_triangular(a, b, lower=lower)


regular = normal(2, 5, 5) + 2 * np.eye(5)
case("cholesky", jnp.linalg.cholesky, positive(5, 5))
case("choleskyBatch", jnp.linalg.cholesky, positive(2, 3, 3))
case("solveLower", triangular(True), normal(4, 4) + 3 * np.eye(4), normal(4, 2))
case("solveUpper", triangular(False), normal(4, 4) + 3 * np.eye(4), normal(4, 2))
case("solve", jnp.linalg.solve, regular[:, ::-1], normal(2, 5, 3))
case("solvePositive", lambda a, b: jax.scipy.linalg.solve((a + a.T) / 2, b, assume_a="pos"), positive(4, 4), normal(4, 2))
case("inverse", jnp.linalg.inv, regular[0])
case("det", jnp.linalg.det, normal(3, 4, 4))
case("signDet", lambda a: jnp.linalg.slogdet(a)[0], normal(6, 3, 3))
case("logDet", lambda a: jnp.linalg.slogdet(a)[1], normal(6, 3, 3))
case("luPermutation", lambda a: jax.scipy.linalg.lu_factor(a)[0], normal(5, 5))
case("qrQ", lambda a: jnp.linalg.qr(a)[0], normal(5, 3))
case("qrR", lambda a: jnp.linalg.qr(a)[1], normal(5, 3))
case("qrSquareR", lambda a: jnp.linalg.qr(a)[1], normal(2, 4, 4))

# --- sparse

dense = normal(4, 5) * (rng.random((4, 5)) < 0.4)
r, c = np.nonzero(dense)
offsets = np.searchsorted(r, np.arange(5)).astype(np.int32)
r, c = r.astype(np.int32), c.astype(np.int32)


def product(v, x):
    return jnp.zeros((4, 5)).at[r, c].add(v) @ x


case("cooMatrix", lambda v, r, c, x: product(v, x), dense[r, c], r, c, normal(5, 3))
case("cooVector", lambda v, r, c, x: product(v, x), dense[r, c], r, c, normal(5))
case("csrMatrix", lambda v, c, o, x: product(v, x), dense[r, c], c, offsets, normal(5, 3))

# --- losses

logits, classes = normal(4, 5) * 2, np.array([3, 0, 4, 1], np.int32)
score, truth = normal(3, 4) * 2, rng.random((3, 4))
sign = np.where(truth > 0.5, 1.0, -1.0)


def picked(x, i):
    return jnp.take_along_axis(x, i[:, None], 1)[:, 0]


def smoothed(z, i):
    target = optax.smooth_labels(jax.nn.one_hot(i, 5, dtype=z.dtype), 0.1)
    return optax.softmax_cross_entropy(z, target)


def kl(z, t):
    return optax.losses.kl_divergence_with_log_targets(jax.nn.log_softmax(z), jax.nn.log_softmax(t))


def softmax_focal(z, i):
    log = picked(jax.nn.log_softmax(z), i)
    return -((1 - jnp.exp(log)) ** 1.5) * log


def triplet(a, p, n):
    return jnp.maximum(0, jnp.linalg.norm(a - p, axis=-1) - jnp.linalg.norm(a - n, axis=-1) + 0.7)


def cosine_embedding(a, b, together):
    c = optax.losses.cosine_similarity(a, b)
    return jnp.where(together, 1 - c, jnp.maximum(0, c - 0.1))


case("crossEntropySmoothed", smoothed, logits, classes)
case("negativeLogLikelihood", lambda z, i: -picked(z, i), logits, classes)
case("klDivergence", kl, logits, normal(4, 5))
case("softmaxFocal", softmax_focal, logits, classes)
case("binaryFocal", lambda z, t: optax.losses.sigmoid_focal_loss(z, t, gamma=2.0), score, truth)
case("binaryFocalAlpha", lambda z, t: optax.losses.sigmoid_focal_loss(z, t, alpha=0.3, gamma=0.5), score, truth)
case("hinge", lambda y, t: optax.losses.hinge_loss(y, t), score, sign)
case("squaredHinge", lambda y, t: jnp.square(optax.losses.hinge_loss(y, t)), score, sign)
case("multiclassHinge", jax.vmap(optax.losses.multiclass_hinge_loss), logits, classes)
case("logCosh", lambda y, t: optax.losses.log_cosh(y, t), score, truth)
case("poissonLikelihood", lambda z, n: -jax.scipy.stats.poisson.logpmf(n, jnp.exp(z)), score, np.round(truth * 9))
case(
    "gaussianLikelihood",
    lambda m, s, t: -jax.scipy.stats.norm.logpdf(t, m, jnp.exp(s / 2)),
    score,
    normal(3, 4),
    truth,
)
case("tripletMargin", triplet, normal(4, 5), normal(4, 5), normal(4, 5))
case("cosineEmbedding", cosine_embedding, normal(4, 5), normal(4, 5), classes > 2)
case("marginRanking", lambda x, y: jnp.maximum(0, y - x + 0.5), normal(3, 4), normal(3, 4))


def ctc(z, labels, steps, lengths):
    late = jnp.arange(z.shape[0]) >= steps[:, None]
    behind = jnp.arange(labels.shape[1]) >= lengths[:, None]
    return optax.losses.ctc_loss(jnp.swapaxes(z, 0, 1), late * 1.0, labels, behind * 1.0, log_epsilon=-1e30)


case(
    "ctc",
    ctc,
    normal(7, 4, 4),
    np.array([[1, 2, 3], [2, 2, 1], [3, 1, 1], [1, 1, 1]], np.int32),
    np.array([7, 6, 4, 2], np.int32),
    np.array([3, 3, 2, 0], np.int32),
)

# --- grids

case("arange", lambda x: x * jnp.arange(-1, 2.3, 0.3), normal(11))
case("arangeDown", lambda x: x * jnp.arange(7, -3, -2), normal(5))
case("linspace", lambda x: x * jnp.linspace(-1, 3, 7), normal(7))
case("meshgrid", lambda x, y, z: jnp.stack(jnp.meshgrid(x, y, z, indexing="ij")), normal(2), normal(3), normal(1))

# --- activations and pools


def hard_shrink(x):
    return jnp.where(jnp.abs(x) > 0.5, x, 0.0)


def soft_shrink(x):
    return jnp.sign(x) * jnp.maximum(jnp.abs(x) - 0.5, 0)


wide = normal(3, 5) * 3
case("celu", lambda x: jax.nn.celu(x, 0.7), wide)
case("geluExact", lambda x: jax.nn.gelu(x, approximate=False), wide)
case("hardSwish", jax.nn.hard_silu, wide)
case("softShrink", soft_shrink, wide)
case("hardShrink", hard_shrink, wide)
case("tanhShrink", lambda x: x - jnp.tanh(x), np.concatenate([wide[0], [0.2, -0.1, 0.26]]))
case("squareplus", jax.nn.squareplus, wide)
case("sparsePlus", jax.nn.sparse_plus, wide / 2)
case("sparseSigmoid", jax.nn.sparse_sigmoid, wide / 2)
case("softmin", lambda x: jax.nn.softmax(-x, 0), wide)


def adaptive(f, m):
    def apply(x):
        n = x.shape[1]
        return jnp.stack([f(x[:, i * n // m : -(-(i + 1) * n // m)], 1) for i in range(m)], 1)

    return apply


case("adaptiveAverage", adaptive(jnp.mean, 3), normal(2, 8, 2))
case("adaptiveMax", adaptive(jnp.max, 4), normal(2, 7, 2))
case("standardize", lambda x: jax.nn.standardize(x, epsilon=1e-5), normal(3, 5) * 3)

# --- products stored by input

targets = rng.integers(0, 5, (6, 3)).astype(np.int32)  # 4 outputs; 4 is none
spikes = normal(6) * (rng.random(6) < 0.5)
case("eventProduct", lambda x, w, t: jnp.zeros(5).at[t].add(x[:, None] * w)[:4], spikes, normal(6, 3), targets)

# --- the file


def write(path):
    names = {"float64": "F64", "int32": "I32", "int64": "I64", "bool": "BOOL"}
    header, at, data = {}, 0, []
    for name, a in tensors.items():
        raw = np.ascontiguousarray(a).tobytes()
        header[name] = {
            "dtype": names[str(a.dtype)],
            "shape": list(a.shape),
            "data_offsets": [at, at + len(raw)],
        }
        at += len(raw)
        data.append(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data))


out = pathlib.Path(__file__).parent.parent / "src/test/resources/ops/jax.safetensors"
write(out)
print(len(tensors), "tensors,", out.stat().st_size, "bytes")
