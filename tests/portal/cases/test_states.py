"""The table of states says the same as domain.md §4."""

import pytest

from portal.cases.numbers import case_number, check_character, parse_number
from portal.cases.states import BY_ACT, TABLE, NotAllowed, State, check
from portal.clocks.deadlines import LABELS
from tenants.profiles import DEFAULT

ARROWS = {
    "submitted": {"needs_information", "declined", "accepted", "withdrawn"},
    "needs_information": {"submitted", "withdrawn"},
    "accepted": {"mediating", "withdrawn"},
    "mediating": {"suspended", "settled", "terminated", "withdrawn", "mediating"},
    "suspended": {"mediating", "terminated", "withdrawn"},
    "settled": {"performing"},
    "performing": {"closed", "defaulted"},
    "defaulted": {"handed_over"},
    "terminated": {"handed_over"},
    "handed_over": {"closed"},
    "withdrawn": {"closed"},
    "declined": {"closed"},
    "closed": {"mediating"},
}


def test_the_table_has_the_arrows_of_the_domain_and_no_other() -> None:
    found: dict[str, set[str]] = {state.value: set() for state in State}
    for row in TABLE:
        for source in row.sources:
            if row.target:
                found[source.value].add(row.target.value)
    assert found == ARROWS


def test_every_clock_of_the_table_is_known() -> None:
    for row in TABLE:
        for code in (*row.meets, *row.opens, *row.drops):
            assert code in LABELS or code == "*"
        for code in row.opens:
            assert code in DEFAULT.limits


def test_an_act_out_of_place_says_where_it_has_its_place() -> None:
    with pytest.raises(NotAllowed, match="不能达成和解"):
        check("settle", State.SUBMITTED)
    assert all(check(act, state) for act, row in BY_ACT.items() for state in row.sources)


def test_numbers_find_slips_and_swaps() -> None:
    from datetime import date

    number = case_number("HZ0571", date(2026, 11, 23), 42)
    assert parse_number(f" {number.lower().replace('-', ' - ')} ") == (number, "HZ0571")
    body = "HZ05712026112300042"
    for place in range(len(body)):
        for sign in "0123456789" if body[place].isdigit() else "ABCXYZ":
            other = body[:place] + sign + body[place + 1 :]
            assert (check_character(other) == check_character(body)) == (other == body)
    assert parse_number(number[:-1] + ("A" if number[-1] != "A" else "B")) is None
    assert parse_number("随便写的") is None
