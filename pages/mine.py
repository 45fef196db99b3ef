"""One's own last answers, each to be opened and revised."""

from __future__ import annotations

from annotations.desk import Desk
from annotations.types import Account
from pages.form.answering import Answering
from pages.form.choice import choose_scheme, offered
from pages.form.messages import Json
from pages.form.mount import show
from pages.form.shape import listed_json

SHOWN = 20


class Revising(Answering):
    """The list, or one answer of it that is being revised."""

    def data(self) -> Json:
        """What the form is to show now."""
        answers = [] if self.opened else self.desk.mine(self.who, self.scheme.id, SHOWN)
        return super().data() | {"list": [listed_json(*each) for each in answers]}


def render(desk: Desk, account: Account) -> None:
    """The page."""
    who, scheme = account.name, choose_scheme(desk, account.name)
    if scheme:
        show(f"mine-{who}-{scheme}", lambda: Revising(desk, who, scheme), offered(desk, who))
