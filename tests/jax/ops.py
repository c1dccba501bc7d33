"""Writes src/test/resources/ops/jax.safetensors: results of JAX that JaxOpsTest holds Engram to.

For every case: the operands `NAME/0`, `NAME/1`, ...; the result `NAME/y`; a cotangent `NAME/ct` of the
result; and what it pulls back to for each float operand, `NAME/grad0`, ...

Run with JAX 0.10: python tests/jax/ops.py
"""

import json
import pathlib
import struct

import jax
import jax.numpy as jnp
import numpy as np
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
