"""Every plan with one thing wrong fails the check that is named for it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from forging import relist
from mutations import MUTATIONS, Mutation
from redrawn import REDRAWN

from sandgrid.audit import CHECKS, audit_plan

Copied = Callable[[str], Path]
ALL = (*MUTATIONS, *REDRAWN)


@pytest.mark.parametrize("mutation", ALL, ids=lambda mutation: mutation.name)
def test_fails_the_check_that_is_named_for_it(mutation: Mutation, copied: Copied) -> None:
    folder = copied("forged")
    mutation.change(folder)
    if mutation.listed:
        relist(folder)
    (check,) = audit_plan(folder, names=[mutation.check]).checks
    assert check.applicable
    assert not check.passed
    assert check.text("zh") != check.text("en")


def test_a_forged_plan_does_not_pass(copied: Copied) -> None:
    folder = copied("forged")
    chosen = [mutation for mutation in MUTATIONS if mutation.check in ("circuits", "totals")]
    for mutation in chosen:
        mutation.change(folder)
    names = ("manifest", "circuits", "totals")
    report = audit_plan(folder, names=names)
    assert not report.passed
    assert {check.name for check in report.failed} == set(names)


def test_each_check_is_caught_by_a_mutation() -> None:
    assert set(CHECKS) == {mutation.check for mutation in ALL}


def test_mutations_are_told_apart() -> None:
    assert len({mutation.name for mutation in ALL}) == len(ALL) >= 40
