"""The command `constat`: reads its arguments, calls a use case, prints the result.

Messages go to stderr, results to stdout.

Exit codes: 0 done; 1 some input was refused or is in exception, or a check failed; 2 wrong usage or settings;
3 something needed is unavailable; 70 a fault of the program itself; 130 interrupted.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import click

from pipeline import __version__
from pipeline.cli import batches, custody, intake, layouts, settings, statements
from pipeline.cli.localised import say, speak_users_language, told, words
from pipeline.errors import InputRefused, IntegrityError, InvariantBroken, OperatorError, PipelineError, Unavailable

EXIT_CODES: tuple[tuple[type[PipelineError], int], ...] = (
    (InputRefused, 1),
    (IntegrityError, 1),
    (OperatorError, 2),
    (Unavailable, 3),
    (InvariantBroken, 70),
)
FAULT_EXIT_CODE = 70
INTERRUPTED_EXIT_CODE = 130


@click.group("constat", help=words("help.constat"), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="constat")
def commands() -> None:
    pass


for command in (
    intake.intake,
    batches.group,
    statements.show,
    custody.verify,
    custody.reconcile,
    layouts.group,
    settings.config,
):
    commands.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; ends the process with one of the exit codes above."""
    speak_users_language()
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """The exit code of a command line; whatever goes wrong is said in a sentence."""
    try:
        result = commands.main(args=list(arguments), prog_name="constat", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("cli.interrupted")
        return INTERRUPTED_EXIT_CODE
    except PipelineError as error:
        click.echo(told(error), err=True)
        return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), FAULT_EXIT_CODE)
    except BrokenPipeError:
        # The reader of a pipe went away; nothing is wrong with the work, which is recorded.
        sys.stdout = None
        return 0
    except Exception:
        traceback.print_exc()
        say("cli.fault")
        return FAULT_EXIT_CODE
