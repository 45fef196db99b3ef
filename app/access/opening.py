"""Opening the doors of one server: guarded where others can reach it, open to this machine where they can't."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.types import ASGIApp

from annotations.accounts.accounts import Accounts
from annotations.accounts.identity_providers import SECRETS, chat_sign_in
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.writer import Writer
from app.access.addresses import guarded
from app.access.doors import Doors, Seldom
from app.access.guard import Guard
from app.access.vouching import Vouching
from pipeline.errors.accounts import NoAccounts
from pipeline.setting_groups.server import Access


@contextmanager
def guarding(labels: Path, settings: Access, host: str, internal: str = "") -> Iterator[Callable[[ASGIApp], ASGIApp]]:
    """What puts the guard before an application that listens on ``host``, over the accounts in ``labels``.

    Raises:
        NoAccounts: others could reach it, and nobody could sign in.
        LabelsDamaged, LabelsNewer: the accounts can't be read.
        FileProblem: the secrets of the identity providers can't.
    """
    if not guarded(host, settings.trusted_proxies):
        yield lambda app: Guard(app, Doors(Seldom(labels)), settings, guarded=False)
        return
    chat = chat_sign_in(labels.with_name(SECRETS))
    vouching = Vouching(chat) if chat else None
    store = Writer(labels, MIGRATIONS)
    try:
        check_accounts(store)
        yield lambda app: Guard(app, Doors(store, internal=internal, vouching=vouching), settings, guarded=True)
    finally:
        store.close()


def check_accounts(store: Writer) -> None:
    """Make sure that somebody could sign in.

    Raises:
        NoAccounts: nobody could.
    """
    if not Accounts(store).any():
        raise NoAccounts
