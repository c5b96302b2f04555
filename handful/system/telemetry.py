"""Switches off what a library would tell its maker. `import handful` does this before all else.

Which libraries were looked at, and what each was found to do: docs/decisions/0100-nothing-leaves.md
"""

from __future__ import annotations

import os
import sys
import warnings

# ONNX Runtime 1.32 reads it once, while it is imported. Without it, the import alone writes a
# device identifier and a database of events into the user's cache, and a thread looks up the host
# of its maker.
SWITCH = "ORT_DISABLE_TELEMETRY"
OFF = "1"

TOO_LATE = (
    "ONNX Runtime was imported before handful, with its telemetry on, which cannot be ended "
    "afterwards: it tells its maker about this process. Import handful first, or set "
    f"{SWITCH}={OFF}."
)


def switch_off() -> None:
    """Turns the telemetry of ONNX Runtime off in this process and in those that it starts.

    It must run before ONNX Runtime is imported. Where it was imported already with telemetry on, a
    `RuntimeWarning` says so: its own `disable_telemetry_events` does not stop what has begun.
    """
    begun = "onnxruntime" in sys.modules and os.environ.get(SWITCH) != OFF
    os.environ[SWITCH] = OFF
    if begun:
        warnings.warn(TOO_LATE, RuntimeWarning, stacklevel=3)
