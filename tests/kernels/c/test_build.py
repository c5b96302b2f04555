"""Compiling: the cache among processes, machines without a compiler, texts that can be edited."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import mpmath
import numpy as np
import pytest
import torch

from handful.errors import KernelError
from handful.kernels import F, axes, exp, kernel, log, sigmoid, sum, tanh
from handful.kernels.c import build
from handful.kernels.torch.training import Training
from tests.kernels.examples import linear_gelu

n, k = axes("n k")
RUN = "from tests.kernels.examples import linear_gelu; import numpy as np; z = np.ones;"
RUN += "print(linear_gelu(z((2, 3)), z((3, 2)), z(2))[0, 0])"


def in_a_process(before: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A kernel run in a fresh Python with this environment, after the statement `before`."""
    return subprocess.run(
        [sys.executable, "-c", f"{before}\n{RUN}"],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_two_processes_may_compile_at_once_into_one_empty_cache(tmp_path):
    """Both get the answer; the cache holds the kernel and the matrix product, and no leavings."""
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda _: in_a_process(HANDFUL_CACHE=str(tmp_path)), range(2)))
    assert len({f.stdout for f in found}) == 1
    assert found[0].stdout.startswith("3.99"), found[0].stderr
    assert [p.suffix for p in (tmp_path / "handful" / "kernels").iterdir()] == [".so"] * 2


def test_without_a_compiler_it_warns_once_and_runs(tmp_path):
    """No compiler on the path: the torch operations give the answer, after one warning."""
    hidden = "import sys; sys.modules['ziglang'] = None"
    bare = in_a_process(hidden, PATH=str(tmp_path), HANDFUL_CACHE=str(tmp_path), CC="")
    assert bare.stdout.startswith("3.99"), bare.stderr
    assert bare.stderr.count("no C compiler was found") == 1


def test_a_cache_that_cannot_be_written_is_no_hindrance(tmp_path, monkeypatch):
    """Where the cache's folder is a file, a temporary folder serves."""
    blocked = tmp_path / "blocked"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setenv("HANDFUL_CACHE", str(blocked))
    assert build.build("int run(void) { return 0; }").exists()


def test_the_compilers_refusal_is_an_error_of_ours(tmp_path, monkeypatch):
    """What the compiler said first is in the message."""
    monkeypatch.setenv("HANDFUL_CACHE", str(tmp_path))
    with pytest.raises(KernelError, match="refused a kernel"):
        build.build("int run(void) { return }")


def test_both_passes_are_compiled_side_by_side():
    """The backward pass is begun by the forward pass, and finished before it is called."""
    learning = torch.ones(3, requires_grad=True)

    @kernel
    def cubed(x: F[n]) -> F[n]:
        return x[n] ** 3

    out = cubed(learning)
    (training,) = [v for v in cubed.variants.values() if isinstance(v, Training)]
    (native,) = training.run_backward.natives.values()
    assert native.begun is not None
    assert native.begun.result().exists()
    out.sum().backward()
    torch.testing.assert_close(learning.grad, torch.full((3,), 3.0))


def test_what_the_compiler_refused_is_tried_again(monkeypatch):
    """The next call does not hear of the last one's failure."""

    @kernel
    def halved(x: F[n]) -> F[n]:
        return x[n] / 2

    with monkeypatch.context() as broken:
        broken.setattr(build, "compiler", lambda: ("false",))
        with pytest.raises(KernelError, match="refused a kernel"):
            halved(np.ones(2))
    np.testing.assert_array_equal(halved(np.ones(2)), [0.5, 0.5])


def test_an_edited_text_is_compiled_and_run(tmp_path):
    """`edit` writes the C; a change to the file changes the next call."""

    @kernel
    def double(x: F[n]) -> F[n]:
        return 2.0 * x[n]

    path = double.edit(tmp_path / "double.c")
    x = np.ones(3, np.float32)
    assert double(x).tolist() == [2, 2, 2]
    text = path.read_text(encoding="utf-8")
    assert "((float)2.0)" in text
    path.write_text(text.replace("((float)2.0)", "((float)3.0)"), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert double(x).tolist() == [3, 3, 3]


@kernel
def functions(x: F[n]) -> (F[n], F[n], F[n], F[n], F[n]):
    """The prelude's functions, each on its own."""
    from handful.kernels import erf

    return exp(x[n]), tanh(x[n]), sigmoid(x[n]), log(x[n]), erf(x[n])


def test_the_vector_functions_are_right_to_two_ulp_in_single_precision():
    """exp, tanh, sigmoid, log and erf within 2 ulp in float32, over dense sweeps."""
    x = np.concatenate([np.linspace(-20, 20, 40001), np.geomspace(1e-30, 80, 20001)])
    x = x.astype(np.float32)
    exact = functions.reference(x.astype(np.float64))
    for name, e, a in zip("etslf", exact, functions(x), strict=True):
        good = np.isfinite(e)
        error = np.abs(a[good] - e[good]) / np.spacing(np.abs(e[good]).astype(np.float32))
        assert error.max() <= 2, (name, x[good][error.argmax()], error.max())


def test_the_vector_functions_are_right_to_two_ulp_in_double_precision():
    """exp, tanh, sigmoid, log and erf against mpmath's 100 bits, over sweeps and edges."""
    rng = np.random.default_rng(0)
    parts = [
        np.linspace(-40, 40, 1201),
        rng.uniform(-1.5, 1.5, 1000),
        np.geomspace(1e-300, 709, 500),
    ]
    parts += [-np.geomspace(1e-300, 708, 500), rng.uniform(0.5, 2, 500)]
    x = np.concatenate(parts)
    exact = (
        mpmath.exp, mpmath.tanh, lambda v: 1 / (1 + mpmath.exp(-v)), mpmath.log, mpmath.erf
    )  # fmt: skip
    with mpmath.workprec(100):
        for name, true, found in zip("etslf", exact, functions(x), strict=True):
            for at, y in zip(x, found, strict=True):
                if name == "l" and at <= 0:
                    continue
                right = true(mpmath.mpf(float(at)))
                error = abs(mpmath.mpf(float(y)) - right) / np.spacing(abs(float(right)))
                assert error <= 2, (name, at, float(error))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_vector_functions_keep_infinity_and_nan(dtype):
    """exp(-inf) is exactly 0 (masks rest on it), and NaN stays NaN."""
    x = np.array([-np.inf, np.inf, np.nan, -0.0, 1e5, -1e5], dtype)
    e, t, s, logarithm, f = functions(x)
    assert e.tolist()[:2] + e.tolist()[3:] == [0, np.inf, 1, np.inf, 0]
    assert t.tolist()[:2] + t.tolist()[3:] == [-1, 1, 0, 1, -1]
    assert s.tolist()[:2] + s.tolist()[3:] == [0, 1, 0.5, 1, 0]
    assert f.tolist()[:2] + f.tolist()[3:] == [-1, 1, 0, 1, -1]
    assert np.isnan([e[2], t[2], s[2], f[2], logarithm[2], logarithm[0]]).all()
    assert logarithm[[1, 3]].tolist() == [np.inf, -np.inf]


def test_logarithms_and_exponentials_reach_the_subnormal_numbers():
    """Down to the smallest double they are what NumPy finds."""
    small = np.geomspace(5e-324, 1e-307, 200)
    np.testing.assert_allclose(functions(small)[3], np.log(small), rtol=1e-15)
    low = np.linspace(-745.1, -708, 200)
    np.testing.assert_allclose(functions(low)[0], np.exp(low), rtol=1e-15, atol=5e-324)


@pytest.mark.usefixtures("without_blas")
def test_a_matrix_product_needs_no_borrowed_blas():
    """Where torch hides its BLAS, our own gives the same product."""

    @kernel
    def product(x: F[n, k]) -> F[n, n_]:
        return sum(k, x[n, k] * x[n_, k])

    x = np.random.default_rng(0).standard_normal((6, 4))
    np.testing.assert_allclose(product(x, n_=6), x @ x.T)


(n_,) = axes("n_")


def test_the_report_names_tasks_saved_arrays_and_time():
    """`explain` tells what is a product, what is saved, and measured against possible time."""
    z = np.ones
    text = linear_gelu.explain(z((8, 4), np.float32), z((4, 3), np.float32), z(3, np.float32))
    assert "matrix product, rows n, columns m, summed over k" in text
    assert "saved for the derivative: sum1" in text
    assert "at the machine's roof" in text
