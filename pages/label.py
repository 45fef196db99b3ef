"""The labelling page: one task at a time, the next with the receipt of the last."""

from __future__ import annotations

from dataclasses import replace

from annotations.desk import Desk
from annotations.types import Account
from pages.form import messages
from pages.form.answering import Answering
from pages.form.choice import choose_scheme, offered
from pages.form.messages import Json, Message
from pages.form.mount import show


class Labelling(Answering):
    """Somebody's way through the queue of a scheme."""

    takes_next = True

    def __init__(self, desk: Desk, who: str, scheme: str) -> None:
        super().__init__(desk, who, scheme)
        self.handlers |= {"skip": self.skip, "undo": self.undo, "seen": self.seen}
        self._answered = bool(desk.mine(who, scheme, 1))
        self.proceed()

    def data(self) -> Json:
        """What the form is to show now. Nothing to do: looks again, for tasks may have come in."""
        if self.opened is None:
            self.proceed()
        return super().data() | {"undo": self._answered}

    def proceed(self) -> None:
        """Take the next task; the one that is held already comes first."""
        self.follow(self.desk.take(self.who, self.scheme.id))

    def save(self, message: Message) -> Json:
        """Keep an answer and take the next task with it."""
        self._leave_suggestion(messages.whole(message, "task_id"))
        reply = super().save(message)
        self._answered = True
        return reply

    def skip(self, message: Message) -> Json:
        """Pass the task over, and take the next."""
        self.desk.skip(self.who, messages.text(message, "token"), messages.text(message, "reason"))
        self.proceed()
        return {}

    def undo(self, message: Message) -> Json:
        """Reopen the answer that was saved last."""
        for task, _ in self.desk.mine(self.who, self.scheme.id, 1):
            self.open({"task_id": task.id})
        return {}

    def seen(self, message: Message) -> Json:
        """Record that the model's labels were looked at and the answer was left as it is."""
        task_id, suggestion_id = messages.whole(message, "task_id"), messages.whole(message, "suggestion_id")
        self.desk.suggestion_seen(self.who, task_id, suggestion_id, kept=True)
        if self.previous:
            self.previous = replace(self.previous, decided="kept")
        return {}

    def _leave_suggestion(self, saving: int) -> None:
        # Before the save, so that the answer beside which it was seen is the one without it.
        previous = self.previous
        if previous is None or previous.suggestion is None or previous.decided:
            return
        shown = previous.receipt.annotation.task_id
        self.desk.suggestion_seen(self.who, shown, previous.suggestion.id, kept=shown != saving)


def render(desk: Desk, account: Account) -> None:
    """The page."""
    who, scheme = account.name, choose_scheme(desk, account.name)
    if scheme:
        show(f"label-{who}-{scheme}", lambda: Labelling(desk, who, scheme), offered(desk, who))
