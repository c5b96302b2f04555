"""`python -m tests.bundle.keep`: store a bundle of this version, for every later one to read.

Run once for each new format; what is stored is never changed.
"""

import json
from pathlib import Path

from handful.bundle.manifest import FORMAT
from handful.modalities.image.levels import Levels
from tests.bundle.conftest import tiny_caveats, tiny_model, tiny_novelty, tiny_trained

KEPT = Path(__file__).parents[1] / "data" / "bundles"


def main() -> None:
    """Write the bundle, and beside it what it answers."""
    path = KEPT / f"format-{FORMAT}.handful"
    if path.exists():
        raise SystemExit(f"{path.name} is kept already; it is never changed")
    model = tiny_model(
        trained=tiny_trained(),
        caveats=tiny_caveats(),
        novelty=tiny_novelty(),
        levels=(Levels("float", -1.5, 2.0), Levels("integer", 256.0, 4096.0)),
    )
    model.save(path)
    names = list(model.manifest.golden)
    answers = model.predict([model.contents[name] for name in names])
    expected = {name: answer.to_json() for name, answer in zip(names, answers, strict=True)}
    text = json.dumps({"identity": model.identity, "answers": expected}, indent=1)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
