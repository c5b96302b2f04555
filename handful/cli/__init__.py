"""The command `handful`: one file per command, and here the door that they share.

Every way out is decided here: 0 done; 1 it ran and the answer is bad news; 2 it could not run;
130 stopped by Ctrl-C. Whatever goes wrong is four lines, never a traceback.
"""

from __future__ import annotations

import io
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from handful import __version__
from handful.cli.demo import demo
from handful.cli.doctor import doctor
from handful.cli.encoders import encoders
from handful.cli.inspect import inspect
from handful.cli.label import label
from handful.cli.output import COULD_NOT_RUN, ReaderGone, print_error
from handful.cli.predict import predict
from handful.cli.report import report
from handful.cli.train import train
from handful.cli.verify import verify
from handful.errors import HandfulError, SettingError
from handful.items.names import printable

STOPPED = 130  # what a shell expects of a program stopped by Ctrl-C


class Program(click.Group):
    """A group of commands whose errors are handful's own, in four lines."""

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, **extra: Any
    ) -> NoReturn:
        """Run and leave with the status that the contract names."""
        words = list(sys.argv[1:] if args is None else args)
        if isinstance(sys.stdout, io.TextIOWrapper):  # Latin-1 or ASCII in some shells and pipes
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            extra |= {"standalone_mode": False, "prog_name": "handful"}
            status = super().main(words, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            status = COULD_NOT_RUN
        except click.UsageError as error:
            status = print_error(_usage_error(error, words), as_json="--json" in words)
        except HandfulError as error:
            status = print_error(error, as_json="--json" in words)
        except (click.Abort, KeyboardInterrupt):
            click.echo(
                "\nStopped. What was computed is kept: run the same command to go on.", err=True
            )
            status = STOPPED
        except ReaderGone:  # there is nobody to tell
            status = 0
        except Exception as error:
            if os.environ.get("HANDFUL_DEBUG"):
                raise
            status = print_error(_own_fault(error), as_json="--json" in words)
        sys.exit(status if isinstance(status, int) else 0)


def _usage_error(error: click.UsageError, words: Sequence[str]) -> SettingError:
    command = error.ctx.command_path if error.ctx else "handful"
    return SettingError(
        error.format_message().replace("\n", " "),
        found=printable(shlex.join(["handful", *words])),
        expected=error.ctx.command.get_usage(error.ctx).removeprefix("Usage: ")
        if error.ctx
        else "",
        attempt=f"{command} --help",
    )


def _own_fault(error: Exception) -> HandfulError:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return HandfulError(
        f"A fault in handful itself: {type(error).__name__}: {error}",
        found=f"{os.path.basename(last.filename)}, line {last.lineno}, in {last.name}",  # noqa: PTH119
        expected="no fault; your data and labels are as they were",
        attempt="HANDFUL_DEBUG=1 shows the traceback; please report it with that",
    )


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="handful")
def main() -> None:
    """Learn from a handful of labels, on this machine, and say honestly how well it worked.

    \b
    Start here:
      handful demo              the whole journey, on real photographs
      handful train photos/     a folder with one folder of pictures per class
      handful label photos/     a folder of pictures without labels
    """


for _command in (demo, doctor, train, label, predict, verify, inspect, report, encoders):
    main.add_command(_command)
