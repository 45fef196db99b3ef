"""The adjudicator's page: answers that differ, side by side without names; one key takes either."""

from __future__ import annotations

from dataclasses import replace

from annotations.desk import Desk
from annotations.types import Account, Submission
from pages.form import messages
from pages.form.answering import Answering, Previous, receipt_json
from pages.form.choice import choose_scheme, offered
from pages.form.messages import Json, Message
from pages.form.mount import show
from pages.form.shape import of_dispute

WAITING = 100
"""Disputes that are counted; past it the page says that there are more."""


class Settling(Answering):
    """An adjudicator's way through the disputes of a scheme."""

    def __init__(self, desk: Desk, who: str, scheme: str) -> None:
        super().__init__(desk, who, scheme)
        self.handlers = {"draft": self.draft, "settle": self.settle, "cancel": self.cancel}
        self._settled = 0
        self.proceed()

    def data(self) -> Json:
        """What the form is to show now."""
        if self.opened is None:
            self.proceed()
        waiting = len(self.desk.disputed(self.scheme.id, WAITING + 1))
        return super().data() | {
            "disputes": {"settled": self._settled, "waiting": min(waiting, WAITING), "more": waiting > WAITING}
        }

    def proceed(self) -> None:
        """Take the next dispute; the one that is held already comes first."""
        dispute = self.desk.take_disputed(self.who, self.scheme.id)
        self.opened = of_dispute(dispute) if dispute else None

    def settle(self, message: Message) -> Json:
        """Take one of the answers, or a third."""
        submission: Submission = replace(self.submission(message), stage="adjudicated")
        receipt = self.desk.settle(self.who, submission, messages.whole_or_none(message, "chosen"))
        self._settled += 1
        self.previous = Previous(receipt)
        self.proceed()
        return receipt_json(receipt)


def render(desk: Desk, account: Account) -> None:
    """The page."""
    who, scheme = account.name, choose_scheme(desk, account.name)
    if scheme:
        show(f"adjudicate-{who}-{scheme}", lambda: Settling(desk, who, scheme), offered(desk, who))
