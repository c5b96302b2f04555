"""The peer: the gated cell as JAX's `lax.scan`, jitted, in a process that measures itself.

Reads lines `T B H backward busy` and answers each with the seconds of one call, all its results
awaited; the first line of a size is answered after one call more, which compiles.
"""

import sys
import time
from functools import cache

import jax
import jax.numpy as jnp


def cell(x, h0, Wz, Wg, Uz, Ug, bz):
    """All states; the inputs' products are hoisted out of time."""
    fed = x @ Wz + bz, x @ Wg

    def step(h, now):
        z = jax.nn.sigmoid(now[0] + h @ Uz)
        h = (1 - z) * h + z * jnp.tanh(now[1] + z * (h @ Ug))
        return h, h

    return jax.lax.scan(step, h0, fed)[1]


@cache
def prepared(length: int, batch: int, hidden: int, backward: bool):
    """A function without arguments, compiled."""
    keys = jax.random.split(jax.random.key(0), 8)
    shapes = [(length, batch, hidden), (batch, hidden), *[(hidden, hidden)] * 4, (hidden,)]
    made = zip(keys, shapes, strict=False)
    arguments = [jax.random.normal(key, shape) * shape[-1] ** -0.5 for key, shape in made]
    seed = jax.random.normal(keys[7], shapes[0])

    def gradients(*arguments):
        out, back = jax.vjp(cell, *arguments)
        return out, back(seed)

    run = jax.jit(gradients if backward else cell)

    def once():
        jax.block_until_ready(run(*arguments))

    once()
    return once


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        length, batch, hidden, backward, busy = map(int, line.split())
        once = prepared(length, batch, hidden, bool(backward))
        clock = time.process_time if busy else time.perf_counter
        start = clock()
        once()
        print(clock() - start, flush=True)


if __name__ == "__main__":
    main()
