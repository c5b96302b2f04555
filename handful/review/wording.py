"""Numbers and names as a reader meets them, on the page and in the terminal alike."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from handful.estimate.figure import Baseline, Blocked, Estimate, Figure

NO_BREAK = "\u00a0"
NEIGHBOURS = {
    "file names": "Neighbours in file order",
    "capture time": "Neighbours in time of capture",
}


def percent(share: float, *, digits: int = 1) -> str:
    """0.8804 as "88.0 %", with a space that does not break; whole hundreds lose the decimals."""
    return f"{bare_percent(share, digits=digits)}{NO_BREAK}%"


def bare_percent(share: float, *, digits: int = 1) -> str:
    """0.8804 as "88.0": the number alone, for ranges and table columns."""
    if share in (0.0, 1.0):
        return f"{share * 100:.0f}"
    # Half a digit goes up, as in the page's JavaScript; Python's own format rounds it to even.
    step = Decimal(1).scaleb(-digits)
    return str(Decimal(share * 100).quantize(step, ROUND_HALF_UP))


def percent_range(figure: Figure, *, digits: int = 1) -> str:
    """The interval as "86.5–89.3"."""
    low, high = bare_percent(figure.low, digits=digits), bare_percent(figure.high, digits=digits)
    return f"{low}–{high}"


def count(number: int) -> str:
    """1968 as "1,968"."""
    return f"{number:,}"


def seconds(value_s: float) -> str:
    """A time in seconds with two significant digits below ten: "0.043 s", "2.1 s", "1,572 s"."""
    if value_s >= 10:
        return f"{value_s:,.0f}{NO_BREAK}s"
    if value_s < 0.0005:
        return f"0{NO_BREAK}s"
    digits = 1 if value_s >= 1 else 2 if value_s >= 0.095 else 3
    return f"{value_s:.{digits}f}{NO_BREAK}s"


def printable(text: str) -> str:
    """`text` with what cannot be encoded or would move the cursor replaced by �."""
    safe = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() or c == NO_BREAK else "\ufffd" for c in safe)


def headline(estimate: Estimate, noun: str) -> str:
    """The result in one sentence."""
    figure = estimate.accuracy
    n = count(estimate.n)
    right = f"all {n}" if figure.value == 1 else f"{percent(figure.value)} of {n}"
    if figure.value == 0:
        right = f"none of {n}"
    return f"Right on {right} {noun} it had not learned from ({percent_range(figure)}{NO_BREAK}%)"


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 picture", "2,624 pictures"; the noun is given in the plural."""
    singular = noun[:-2] if noun.endswith("classes") else noun.removesuffix("s")
    return f"{count(number)} {singular if number == 1 else noun}"


def population(estimate: Estimate, noun: str) -> str:
    """The items that an estimate's figures are of, to stand under every heading.

    Args:
        estimate: whose method tells where its answers come from.
        noun: what an item is called, in the plural.
    """
    if not estimate.method.startswith("leave-group-out"):
        return counted(estimate.n, f"held-out test {noun}")
    if "audit" in estimate.method:
        each = "" if estimate.n == 1 else "each "
        audited = counted(estimate.n, f"audit {noun}")
        return f"{audited}, chosen at random before labelling, {each}left out in turn"
    return f"{counted(estimate.n, noun)}, {'' if estimate.n == 1 else 'each '}left out in turn"


def series_headline(blocked: Blocked, noun: str) -> str:
    """The result on new series in one sentence."""
    figure = blocked.estimate.accuracy
    right = f"{percent(figure.value)} of {count(blocked.estimate.n)}"
    return (
        f"Right on {right} {noun} from series it had not learned from "
        f"({percent_range(figure)}{NO_BREAK}%)"
    )


def series_note(blocked: Blocked, plain: Estimate) -> str:
    """Why the figure on new series leads, and what holds for more of the same ones."""
    expected = percent(blocked.estimate.accuracy.value, digits=0)
    return (
        f"{NEIGHBOURS[blocked.order]} resemble each other: expect about {expected} on new series. "
        f"On more of the same series: {percent(plain.accuracy.value)} "
        f"({percent_range(plain.accuracy)}{NO_BREAK}%). "
        f"Runs of {blocked.length} were left out together; as many at random give "
        f"{percent(blocked.at_random)}."
    )


def baseline_words(baseline: Baseline) -> str:
    """What any accuracy is to be held against."""
    return f"Always answering {printable(baseline.label)}: {percent(baseline.accuracy)}"
