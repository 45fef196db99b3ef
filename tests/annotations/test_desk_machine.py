"""Any order of what people do at a desk keeps what must hold; nothing that anybody saved is lost or doubled."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from annotations.types import DeskSettings, Lease, Receipt, Submission
from pipeline.errors.labelling import LeaseLost, NotDisputed, StaleAnswer, StaleDraft
from tests.annotations.desks import BAD, GOOD, HandDesk, assert_sound

PEOPLE = st.sampled_from(["kim", "lee", "park"])
JUDGES = st.sampled_from(["judge", "other", "kim"])
LABELS = st.sampled_from([GOOD, BAD, {**GOOD, "intensity": 3}])
PICK = st.integers(0, 10_000)


class DeskMachine(RuleBasedStateMachine):
    """Three people who label, three who settle, a clock, and pages that hold what they were handed, however old."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        mixing = DeskSettings(gold_rate=0.2, repeat_rate=0.2, repeat_after=1)
        self.desk = HandDesk(self.folder / "labels.db", mixing)
        self.made = 0
        self.leases: list[tuple[str, Lease]] = []
        self.receipts: list[tuple[str, Submission, Receipt]] = []
        self.drafts: dict[tuple[str, int], int] = {}

    def teardown(self) -> None:
        self.desk.close()
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        self.desk.fill(3, first=500, gold=GOOD)
        self.bring(3, 2, 0)

    @rule(number=st.integers(1, 3), seats=st.integers(1, 3), priority=st.sampled_from([0, 5]))
    def bring(self, number: int, seats: int, priority: int) -> None:
        self.desk.fill(number, first=self.made, seats=seats, priority=priority)
        self.made += number

    @rule(who=PEOPLE)
    def take(self, who: str) -> None:
        lease = self.desk.take(who, "review")
        if lease is not None:
            assert self.desk.current(who, lease.task.id) is None
            assert lease == replace(self.desk.must_take(who), until=lease.until)
            self.leases.append((who, lease))

    @rule(who=PEOPLE, labels=LABELS, next_one=st.booleans())
    def work(self, who: str, labels: dict, next_one: bool) -> None:
        lease = self.desk.take(who, "review")
        if lease is not None:
            self.leases.append((who, lease))
            submission = Submission(f"w{len(self.receipts)}", lease.task.id, labels, lease.token)
            saved = self.desk.save(who, submission, take_next=next_one)
            assert not saved.receipt.spare
            self.receipts.append((who, submission, saved.receipt))

    @rule(pick=PICK, labels=LABELS)
    def answer_from_an_old_page(self, pick: int, labels: dict) -> None:
        if not self.leases:
            return
        who, lease = self.leases[pick % len(self.leases)]
        submission = Submission(f"o{len(self.receipts)}", lease.task.id, labels, lease.token)
        current = self.desk.current(who, lease.task.id)
        if current is None:
            self.receipts.append((who, submission, self.desk.save(who, submission).receipt))
            return
        with pytest.raises(StaleAnswer) as caught:
            self.desk.save(who, submission)
        assert caught.value.current == current

    @rule(pick=PICK, labels=LABELS, stage=st.sampled_from(["edited", "assisted"]))
    def revise(self, pick: int, labels: dict, stage: str) -> None:
        if not self.receipts:
            return
        who, _, receipt = self.receipts[pick % len(self.receipts)]
        task_id, base = receipt.annotation.task_id, receipt.annotation.id
        submission = Submission(f"r{len(self.receipts)}", task_id, labels, stage=stage, base=base)  # type: ignore[arg-type]
        current = self.desk.current(who, task_id)
        if current is not None and current.id == base:
            self.receipts.append((who, submission, self.desk.save(who, submission).receipt))
        elif receipt.annotation.stage != "adjudicated":
            with pytest.raises(StaleAnswer):
                self.desk.save(who, submission)

    @rule(pick=PICK)
    def double_click(self, pick: int) -> None:
        if self.receipts:
            who, submission, receipt = self.receipts[pick % len(self.receipts)]
            if receipt.annotation.stage != "adjudicated":
                assert self.desk.save(who, submission).receipt == receipt

    @rule(pick=PICK, how=st.sampled_from(["skip", "give_back", "renew"]))
    def return_or_hold(self, pick: int, how: str) -> None:
        if not self.leases:
            return
        who, lease = self.leases[pick % len(self.leases)]
        calls = {
            "skip": lambda: self.desk.skip(who, lease.token, "어려움"),
            "give_back": lambda: self.desk.give_back(who, lease.token),
            "renew": lambda: self.desk.renew(lease.token),
        }
        if self.desk.rows("SELECT 1 FROM seats WHERE token = ?", lease.token):
            calls[how]()
        else:
            with pytest.raises(LeaseLost):
                calls[how]()

    @rule(minutes=st.sampled_from([1, 20, 31, 24 * 60]))
    def pass_time(self, minutes: int) -> None:
        self.desk.clock.pass_minutes(minutes)

    @rule()
    def expire(self) -> None:
        self.desk.expire()
        assert self.desk.expire() == 0

    @rule(pick=PICK, stale=st.booleans())
    def draft(self, pick: int, stale: bool) -> None:
        if not self.leases:
            return
        who, lease = self.leases[pick % len(self.leases)]
        task_id, current = lease.task.id, self.desk.current(who, lease.task.id)
        base = current.id if current else None
        stored = self.desk.rows("SELECT version FROM drafts WHERE task_id = ? AND annotator = ?", task_id, who)
        version = stored[0][0] if stored else None
        if stale:
            with pytest.raises(StaleDraft):
                self.desk.save_draft(who, task_id, GOOD, 1.0, base, (version or 0) + 1)
        else:
            assert self.desk.save_draft(who, task_id, GOOD, 1.0, base, version).version == (version or 0) + 1

    @rule(judge=JUDGES, third=st.booleans(), labels=LABELS)
    def adjudicate(self, judge: str, third: bool, labels: dict) -> None:
        dispute = self.desk.take_disputed(judge, "review")
        if dispute is None:
            return
        assert len(dispute.annotations) >= 2
        assert dispute.differences
        submission = Submission(f"j{len(self.receipts)}", dispute.task.id, labels, dispute.token, stage="adjudicated")
        receipt = self.desk.settle(judge, submission, None if third else dispute.annotations[0].id)
        assert not receipt.spare
        self.receipts.append((judge, submission, receipt))

    @rule(judge=JUDGES, pick=PICK, labels=LABELS)
    def settle_late(self, judge: str, pick: int, labels: dict) -> None:
        settled = self.desk.rows("SELECT id FROM tasks WHERE status = 'settled' ORDER BY id")
        if settled:
            task_id = settled[pick % len(settled)][0]
            submission = Submission(f"s{len(self.receipts)}", task_id, labels, stage="adjudicated")
            try:
                receipt = self.desk.settle(judge, submission, None)
            except (NotDisputed, StaleAnswer):  # it is their own, or they have settled it already
                return
            assert receipt.spare
            self.receipts.append((judge, submission, receipt))

    @invariant()
    def all_is_sound(self) -> None:
        assert_sound(self.desk)

    @invariant()
    def every_receipt_is_kept_once(self) -> None:
        numbers = self.desk.rows("SELECT number, digest FROM receipts ORDER BY number")
        given_out = {(receipt.number, receipt.digest) for _, _, receipt in self.receipts}
        assert set(numbers) == given_out
        assert len(numbers) == len(self.receipts)

    @invariant()
    def a_snapshot_agrees_with_the_tasks(self) -> None:
        snapshot = self.desk.snapshot("review")
        assert len(snapshot.annotations) == len(self.receipts)
        assert {task.id for task in snapshot.tasks if task.status == "settled"} == set(snapshot.settled)


DeskMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestDesk = DeskMachine.TestCase
