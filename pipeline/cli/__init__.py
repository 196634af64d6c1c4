"""The command `constat`: reads its arguments, calls a use case, prints the result.

Messages go to stderr, results to stdout.

Exit codes: 0 done; 1 some input was refused or is in exception, or a check failed; 2 wrong usage or settings;
3 something needed is unavailable; 70 a fault of the program itself; 130 interrupted.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType

import click

from pipeline import __version__
from pipeline.cli.localised import problems_told, say, speak_users_language, told, words
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

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "separators": "pipeline.cli.separators:separators",
        "target": "pipeline.cli.target:target",
        "intake": "pipeline.cli.intake:intake",
        "scan": "pipeline.cli.scan:scan",
        "register": "pipeline.cli.register:register_files",
        "batch": "pipeline.cli.batches:group",
        "review": "pipeline.cli.review:group",
        "figures": "pipeline.cli.figures:figures",
        "show": "pipeline.cli.statements:show",
        "export": "pipeline.cli.export:export",
        "transfer": "pipeline.cli.transfer:transfer",
        "proof": "pipeline.cli.proof:proof",
        "verify": "pipeline.cli.custody:verify",
        "reconcile": "pipeline.cli.custody:reconcile",
        "backup": "pipeline.cli.backup:backup",
        "restore": "pipeline.cli.backup:restore_site",
        "seal": "pipeline.cli.seal:seal_now",
        "key": "pipeline.cli.key:group",
        "store": "pipeline.cli.store:group",
        "box": "pipeline.cli.box:group",
        "retention": "pipeline.cli.retention:group",
        "destroy": "pipeline.cli.destroy:destroy",
        "serve": "pipeline.cli.serve:serve",
        "worker": "pipeline.cli.worker:worker",
        "relay": "pipeline.cli.worker:relay",
        "jobs": "pipeline.cli.jobs:group",
        "user": "pipeline.cli.user:group",
        "client": "pipeline.cli.client:group",
        "events": "pipeline.cli.events:events",
        "hooks": "pipeline.cli.hooks:group",
        "link": "pipeline.cli.link:group",
        "access": "pipeline.cli.access:group",
        "layouts": "pipeline.cli.layouts:group",
        "config": "pipeline.cli.settings:config",
    }
)
"""Where each command is. Imported when it is called: the image and reading libraries take a second to load."""


class _Commands(click.Group):
    """Lists the commands in the order of the work, and loads only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section(words("help.commands")):
            formatter.write_dl([(name, words(f"help.{name}.short")) for name in COMMANDS])


@click.group(
    "constat",
    cls=_Commands,
    help=words("help.constat"),
    options_metavar=words("help.options_metavar"),
    subcommand_metavar=words("help.command_metavar"),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="constat", message="%(prog)s %(version)s", help=words("help.version"))
def commands() -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; ends the process with one of the exit codes above."""
    speak_users_language()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a character shows another; it is no reason to stop.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    code = run(sys.argv[1:] if arguments is None else arguments)
    sys.exit(_flushed(code))


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
        for line in problems_told(error):
            click.echo(line, err=True)
        return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), FAULT_EXIT_CODE)
    except OSError as error:
        if error.filename is not None or error.errno not in _OUTPUT_REFUSED:
            return _fault()
        return _not_printed(error)
    except SystemExit:
        # click ends the process so when the reader of a pipe went away; it has seen what it wanted.
        return 0
    except Exception:
        return _fault()


_OUTPUT_REFUSED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What `constat ... > file` meets on a full disk. The stores translate their own errors; only printing raises these."""


def _fault() -> int:
    log = logging.getLogger("constat")
    if log.isEnabledFor(logging.INFO):
        # A server's: its log tells of the code's way and not of what the error says.
        log.exception("fault")
    else:
        traceback.print_exc()
    say("cli.fault")
    return FAULT_EXIT_CODE


def _not_printed(error: OSError) -> int:
    say("cannot_print", why=error.strerror or str(error))
    _discard_output()
    return 3


def _flushed(code: int) -> int:
    """The exit code, once what was printed has left; 3 where it cannot be written (a full disk behind `>`)."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        return _not_printed(error)
    return code


def _discard_output() -> None:
    """Lets the interpreter's last flush go nowhere, so that it does not complain of the closed pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
