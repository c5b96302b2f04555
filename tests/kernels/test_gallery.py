"""Each kernel of the gallery equals an independent way of computing the same, with gradients."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from handful.errors import DataError, KernelError
from handful.kernels import gallery

Tensor = torch.Tensor


def randn(*shape: int, seed: int = 0) -> Tensor:
    """A seeded float64 tensor that wants a gradient."""
    generator = torch.Generator().manual_seed(seed + sum(shape))
    made = torch.randn(shape, dtype=torch.float64, generator=generator)
    return made.requires_grad_()


def compare(ours, theirs, wanted: list[Tensor], tolerance: float = 1e-9) -> None:
    """Values are equal, and so are the gradients of a sum weighted at random."""
    ours, theirs = (f if isinstance(f, tuple) else (f,) for f in (ours, theirs))
    for a, e in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, e, rtol=tolerance, atol=tolerance)
    weights = [randn(*e.shape, seed=7).detach() for e in theirs]
    slopes = [
        torch.autograd.grad([f for f in found if f.requires_grad], wanted,
                            [w for f, w in zip(found, weights, strict=True) if f.requires_grad])
        for found in (ours, theirs)
    ]  # fmt: skip
    for a, e in zip(*slopes, strict=True):
        torch.testing.assert_close(a, e, rtol=10 * tolerance, atol=10 * tolerance)


def test_gated_is_the_loop_of_its_equations(each_backend):
    """The cell equals a Python loop over torch operations."""
    torch.manual_seed(0)
    module = gallery.Gated(3, 5).double()
    x = randn(6, 2, 3)
    h, out = x.new_zeros(2, 5), []
    for now in x:
        z = torch.sigmoid(now @ module.Wz + h @ module.Uz + module.bz)
        h = (1 - z) * h + z * torch.tanh(now @ module.Wg + z * (h @ module.Ug))
        out.append(h)
    compare(module(x), torch.stack(out), [x, *module.parameters()])


@pytest.mark.parametrize("started", [False, True])
def test_gru_is_torchs(started, each_backend):
    """With the state dict of nn.GRU it gives its states, its last state and its gradients."""
    torch.manual_seed(0)
    theirs = torch.nn.GRU(3, 5).double()
    ours = gallery.GRU(3, 5).double()
    ours.load_state_dict(theirs.state_dict())
    x, h0 = randn(6, 2, 3), randn(1, 2, 5) if started else None
    expected = theirs(x, h0)
    for name, parameter in theirs.named_parameters():  # one set of leaves for both
        setattr(ours, name, parameter)
    wanted = [x, *theirs.parameters(), *([h0] if h0 is not None else [])]
    compare(ours(x, h0), expected, wanted)


@pytest.mark.parametrize("started", [False, True])
def test_lstm_is_torchs(started, each_backend):
    """With the state dict of nn.LSTM it gives its states, its last h and c, and its gradients."""
    torch.manual_seed(0)
    theirs = torch.nn.LSTM(3, 5).double()
    ours = gallery.LSTM(3, 5).double()
    ours.load_state_dict(theirs.state_dict())
    x, state = randn(6, 2, 3), (randn(1, 2, 5), randn(1, 2, 5, seed=1)) if started else None
    out, last = theirs(x, state)
    for name, parameter in theirs.named_parameters():
        setattr(ours, name, parameter)
    found, ended = ours(x, state)
    compare((found, *ended), (out, *last), [x, *theirs.parameters(), *(state or ())])


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("size", [1, 3, 5])
def test_sparse_conv_is_the_dense_one_at_the_active_sites(dimensions, size, each_backend):
    """On a dense grid that is zero elsewhere torch's convolution gives the same at the sites."""
    torch.manual_seed(dimensions)
    side = 6
    cells = torch.randperm(side**dimensions)[: side**dimensions // 3]
    sites = torch.stack([cells // side**d % side for d in range(dimensions)], 1)
    x, w, bias = randn(len(sites), 4), randn(size**dimensions, 4, 3), randn(3)
    dense = x.new_zeros(*[side] * dimensions, 4).index_put(tuple(sites.T), x).movedim(-1, 0)
    kernel = w.movedim(0, -1).transpose(0, 1).reshape(3, 4, *[size] * dimensions)
    convolve = functional.conv2d if dimensions == 2 else functional.conv3d
    full = convolve(dense[None], kernel, bias, padding=size // 2)[0].movedim(0, -1)
    near = gallery.neighbours(sites, size=size)
    compare(gallery.sparse_conv(x, near, w, bias), full[tuple(sites.T)], [x, w, bias])


@pytest.mark.parametrize("batched", [False, True])
def test_neighbours_are_those_that_a_search_finds(batched):
    """Sites of any sign: each entry is the site at that offset, or -1; items are kept apart."""
    generator = torch.Generator().manual_seed(0)
    sites = torch.randint(-4, 3, (60, 3), generator=generator).unique(dim=0)
    sites = sites[torch.randperm(len(sites), generator=generator)]
    found = gallery.neighbours(sites, batched=batched)
    place = {tuple(s): i for i, s in enumerate(sites.tolist())}
    steps = [(a, b, c) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1)]
    steps = [s for s in steps if s[0] == 0] if batched else steps
    expected = [
        [place.get(tuple(x + y for x, y in zip(site, s, strict=True)), -1) for s in steps]
        for site in sites.tolist()
    ]
    assert found.tolist() == expected
    assert gallery.neighbours(sites[:0]).shape == (0, 27)


def test_a_site_that_is_there_twice_is_refused():
    """The error counts the doubles and shows one."""
    with pytest.raises(DataError, match="1 of 3 sites are there twice") as caught:
        gallery.neighbours(torch.tensor([[0, 1], [2, 2], [0, 1]]))
    assert caught.value.found == "[0, 1]"
    with pytest.raises(DataError, match="no middle"):
        gallery.neighbours(torch.zeros(1, 2), size=4)


def test_sparse_conv_module_holds_the_weights():
    """The module is the kernel with weights of (taps, channels, out)."""
    sites = torch.tensor([[0, 0, 0], [0, 0, 1], [3, 3, 3]])
    module = gallery.SparseConv(2, 5)
    out = module(torch.randn(3, 2), gallery.neighbours(sites))
    assert out.shape == (3, 5)
    assert module.weight.shape == (27, 2, 5)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("reach", [2, 9])
def test_attention_is_torchs_with_the_bias_as_a_mask(causal, reach, each_backend):
    """scaled_dot_product_attention with the bias spelt out for each pair gives the same."""
    q, k, v = (randn(2, 3, 7, 4, seed=s) for s in range(3))
    bias = randn(3, 2 * reach + 1)
    i, j = torch.arange(7)[:, None], torch.arange(7)[None]
    mask = bias[:, (j - i).clamp(-reach, reach) + reach]
    if causal:
        mask = torch.where(j <= i, mask, -torch.inf)
    expected = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    run = gallery.causal_attention if causal else gallery.attention
    compare(run(q, k, v, bias), expected, [q, k, v, bias])


@pytest.mark.parametrize("causal", [False, True])
def test_attention_module_mixes_positions_of_one_sequence(causal):
    """A change at the end reaches the beginning only where attention is not causal."""
    torch.manual_seed(0)
    module = gallery.Attention(8, 2, reach=3, causal=causal)
    x = torch.randn(2, 5, 8)
    other = x.clone()
    other[1, -1] += 1
    change = (module(x) - module(other)).abs().amax(2) > 0
    assert not change[0].any()
    assert change[1, 0].item() is not causal


def test_layer_norm_is_torchs(each_backend):
    """Alone, and after a residual, it is functional.layer_norm."""
    x, residual, weight, bias = randn(6, 9), randn(6, 9, seed=1), randn(9), randn(9, seed=1)
    expected = functional.layer_norm(x, (9,), weight, bias)
    compare(gallery.layer_norm(x, weight, bias), expected, [x, weight, bias])
    expected = functional.layer_norm(x + residual, (9,), weight, bias)
    ours = gallery.add_layer_norm(x, residual, weight, bias)
    compare(ours, expected, [x, residual, weight, bias])


@pytest.mark.parametrize("count", [1, 4])
def test_nearest_are_those_of_all_distances(count, each_backend):
    """torch.cdist and topk find the same neighbours, in the same order."""
    x, y = randn(9, 3), randn(11, 3)
    squares, places = torch.cdist(x, y).square().topk(count, largest=False)
    found, at = gallery.nearest(x, y, count=count)
    assert torch.equal(at, places)
    compare(found, squares, [x, y])


def test_gaussian_is_its_matrix_times_the_values(each_backend):
    """exp(-cdist²/2σ²) @ f, with gradients for the points, the values and the width."""
    x, y, f = randn(6, 3), randn(8, 3), randn(8, 2)
    width = torch.tensor(1.3, dtype=torch.float64, requires_grad=True)
    square = (x[:, None] - y[None]).square().sum(2)
    compare(gallery.gaussian(x, y, f, width), (-square / (2 * width**2)).exp() @ f,
            [x, y, f, width])  # fmt: skip


def test_segments_are_summed_and_shared_node_by_node(each_backend):
    """A loop over nodes gives the same sums and softmax; a node without edges has sum 0."""
    score, node = randn(12, 3), torch.tensor([0, 4, 4, 1, 0, 4, 2, 2, 1, 4, 0, 4])
    sums = torch.stack([score[node == n].sum(0) for n in range(6)])
    compare(gallery.segment_sum(score, node, n=6), sums, [score])
    shares = torch.empty_like(score)
    for n in range(6):
        shares = shares.index_put((node == n,), score[node == n].softmax(0))
    compare(gallery.segment_softmax(score, node, n=6), shares, [score])


def test_segment_softmax_stays_finite_and_refuses_edges_to_nowhere(each_backend):
    """Scores of 1,000 do not overflow; -1 names no node, which is said before anything runs."""
    found = gallery.segment_softmax(torch.tensor([[1000.0], [999.0]]), torch.tensor([0, 0]), n=1)
    torch.testing.assert_close(found[:, 0], torch.tensor([1.0, 0.0]).softmax(0))
    with pytest.raises(KernelError, match="values index n; -1 needs a where guard"):
        gallery.segment_softmax(torch.zeros(2, 1), torch.tensor([0, -1]), n=1)


@pytest.mark.parametrize(("rows", "cols"), [(3, 3), (5, 1), (3, 7)])
def test_depthwise_conv_is_torchs_with_groups(rows, cols, each_backend):
    """conv2d with one group for each channel and half a window of padding gives the same."""
    x, w, bias = randn(2, 4, 6, 5), randn(4, rows, cols), randn(4)
    pad = rows // 2, cols // 2
    expected = functional.conv2d(x, w[:, None], bias, padding=pad, groups=4)
    compare(gallery.depthwise_conv(x, w, bias), expected, [x, w, bias])


ENTRIES = {
    "gated": (gallery.gated, [(4, 2, 3), (2, 5), (3, 5), (3, 5), (5, 5), (5, 5), (5,)]),
    "gru": (gallery.gru, [(4, 2, 3), (2, 5), (3, 5, 3), (3, 5, 5), (3, 5), (3, 5)]),
    "lstm": (gallery.lstm, [(4, 2, 3), (2, 5), (2, 5), (4, 5, 3), (4, 5, 5), (4, 5), (4, 5)]),
    "attention": (gallery.attention, [(1, 2, 5, 3), (1, 2, 5, 3), (1, 2, 5, 3), (2, 7)]),
    "gaussian": (gallery.gaussian, [(4, 2), (5, 2), (5, 3), ()]),
    "depthwise": (gallery.depthwise_conv, [(1, 2, 4, 5), (2, 3, 3), (2,)]),
}


@pytest.mark.parametrize("name", list(ENTRIES))
def test_derivatives_of_the_derivatives_hold(name):
    """Double backward passes finite differences."""
    kernel, shapes = ENTRIES[name]
    given = [randn(*s, seed=n) for n, s in enumerate(shapes)]
    assert torch.autograd.gradgradcheck(kernel, given, fast_mode=True)


def test_grid_sample_is_torchs(each_backend):
    """Values and gradients of the picture and of the places, some of them outside."""
    x, grid = randn(2, 3, 6, 5), randn(2, 4, 7, 2)
    expected = functional.grid_sample(x, grid, align_corners=True, padding_mode="zeros")
    compare(gallery.grid_sample(x, grid), expected, [x, grid])


def test_a_deformable_convolution_that_moves_nothing_is_a_convolution(each_backend):
    """With moves of 0; with whole moves, a convolution of what lies there."""
    x, weight = randn(2, 3, 9), randn(4, 3, 5)
    still = torch.zeros(2, 5, 9, dtype=torch.float64)
    expected = functional.conv1d(x, weight, padding=2)
    compare(gallery.deformable_conv(x, still, weight), expected, [x, weight])
    beside = functional.conv1d(functional.pad(x, (0, 1))[:, :, 1:], weight, padding=2)
    found = gallery.deformable_conv(x, still + 1, weight)
    torch.testing.assert_close(found[:, :, 2:-2], beside[:, :, 2:-2])


def test_a_deformable_convolutions_gradients_are_finite_differences():
    """Of pictures, moves and weights, by torch's own check."""
    x, moved, weight = randn(1, 2, 6), randn(1, 3, 6), randn(2, 2, 3)
    assert torch.autograd.gradcheck(gallery.deformable_conv, (x, moved, weight))


def test_a_histogram_counts_each_value_once(each_backend):
    """Values at the middles of bins are counted as NumPy counts them; all in all none is lost."""
    places = torch.randint(8, (60,), dtype=torch.float64)
    low, width = torch.tensor(-3.0).double(), torch.tensor(0.5).double()
    found = gallery.histogram(low + (places + 0.5) * width, low, width, b=8)
    torch.testing.assert_close(found, torch.bincount(places.long(), minlength=8).double())
    x = (low + width * (0.5 + 7 * torch.rand(40, dtype=torch.float64))).requires_grad_()
    assert float(gallery.histogram(x, low, width, b=8).detach().sum()) == pytest.approx(40)
    assert torch.autograd.gradcheck(lambda v: gallery.histogram(v, low, width, b=8), (x,))
