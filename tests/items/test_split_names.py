"""What people call the parts of a data set."""

import pytest

from handful.items.split_names import PARTS, part_named, side_of


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train", "train"),
        (" Training_Set ", "train"),
        ("trainset", "train"),
        ("TRN", "train"),
        ("stage1_train_images", "train"),
        ("val2017", "validation"),
        ("Dev-Data", "validation"),
        ("test_set", "test"),
        ("testset", "test"),
        ("hold-out", "test"),
        ("Hold Out", "test"),
        ("eval", "test"),
        ("test_strips", None),
        ("train test", None),
        ("trains", None),
        ("set", None),
        ("2017", None),
        ("", None),
    ],
)
def test_names_of_parts(name: str, part: str | None) -> None:
    """Case, numbers and filling words do not count; any other word makes it no part."""
    assert part == part_named(name)


def test_validation_is_learned_from() -> None:
    """Of the three parts only the test is kept out of learning."""
    assert ["train", "train", "test"] == [
        side_of(PARTS[name]) for name in ("training", "valid", "holdout")
    ]
