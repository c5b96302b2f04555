"""What Python users hold: `open` finds the items, `Project` learns, labels, measures and reports.

`opening.py` makes a project, `project.py` is its face, and the rest does the work behind it:
`labelling.py` what people say, `learner.py` what is learned from it, `reviewing.py` what is shown.
"""

from handful.project.labelling import LEDGER
from handful.project.opening import FOLDER, open
from handful.project.project import Project

__all__ = ["FOLDER", "LEDGER", "Project", "open"]
