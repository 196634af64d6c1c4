"""What webhooks are sent with."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import __version__
from pipeline.config import Settings
from pipeline.ports import HookSender
from pipeline.wiring.app import App

if TYPE_CHECKING:
    from pipeline.usecases.hooks import HookDesk


def hook_desk(app: App) -> HookDesk:
    """What webhooks work with. Raises OperatorError as `open_hooks_key`; `certificates_unreadable`."""
    from pipeline.storage.passwords import SystemChance
    from pipeline.storage.signing.hook_keys import open_hooks_key
    from pipeline.usecases.hook_message import may_be_told, message_of
    from pipeline.usecases.hooks import HookDesk, Patience

    settings, records = app.settings, app.keeping.records
    key = None if settings.hooks_key is None else open_hooks_key(settings.hooks_key, data_dir=settings.data_dir)
    return HookDesk(
        records=records,
        clock=app.keeping.clock,
        chance=SystemChance(),
        sender=_sender(settings),
        key=key,
        message=message_of,
        may_be_told=partial(may_be_told, records=records),
        patience=Patience().scaled(settings.hooks_wait_s, settings.hooks_tries),
    )


def new_hooks_key(path: Path, settings: Settings) -> None:
    """Make a key. Raises as `write_new_hooks_key`."""
    from pipeline.storage.signing.hook_keys import write_new_hooks_key

    write_new_hooks_key(path, data_dir=settings.data_dir)


def _sender(settings: Settings) -> HookSender:
    from pipeline.storage.hook_sender import HttpHookSender, networks

    return HttpHookSender(
        timeout_s=settings.hooks_timeout_s,
        allowed=networks(settings.hooks_networks),
        ca_certs=settings.hooks_ca_certs,
        agent=f"constat/{__version__}",
    )
