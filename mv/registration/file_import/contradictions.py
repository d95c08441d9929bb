"""Find rows of a file that contradict each other about one person. Both get the problem; neither wins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from mv import memberships
from mv.catalogue import Catalogue
from mv.errors import N_, Conflict
from mv.registration.entry import RegistrationEntry
from mv.registration.file_import.columns import Column
from mv.registration.file_import.rows import ImportRow
from mv.reimbursement.rules.vaccine_types import ATC_LEVEL_4_LENGTH

MOST_ROWS_OF_A_PERSON = 50

Contradiction = tuple[ImportRow, Column, Conflict]


def find(rows: Sequence[ImportRow], catalogue: Catalogue) -> Iterator[Contradiction]:
    """Yield each of one person's ``rows`` that another one contradicts, with the column and the problem.

    Different groups are allowed in different periods, or for doses of different kinds of vaccines (ATC level 4). The
    same row twice is no contradiction.
    """
    for row in rows[MOST_ROWS_OF_A_PERSON:]:
        many = Conflict(N_("The file has more than {most} rows of this person."), most=MOST_ROWS_OF_A_PERSON)
        yield row, Column.IDENTITY, many
    for one, other in combinations(rows[:MOST_ROWS_OF_A_PERSON], 2):
        found = _contradiction(one, other, catalogue)
        if found:
            column, message = found
            for row, against in ((one, other), (other, one)):
                choice = catalogue.choice(against.entry.group_code or "", against.entry.subgroup_code)
                yield row, column, Conflict(message, row=against.number, choice=choice)


def _contradiction(row: ImportRow, other_row: ImportRow, catalogue: Catalogue) -> tuple[Column, str] | None:
    """Return the column in which two rows contradict each other and the message; None if they do not."""
    one, other = row.entry, other_row.entry
    if one == other:
        return None
    both_doses = one.given_on is not None and other.given_on is not None
    if both_doses and (one.given_on, one.product_code) == (other.given_on, other.product_code):
        message = N_("Row {row} has the same dose of this person with something else, {choice}. Keep one of them.")
        codes = {(each.group_code, each.subgroup_code, each.valid_from, each.valid_to) for each in (one, other)}
        only_batch = len(codes) == 1 and one.batch_number != other.batch_number
        return Column.BATCH if only_batch else Column.VACCINE, message
    same = (one.group_code, one.subgroup_code) == (other.group_code, other.subgroup_code)
    if not memberships.overlap(one, other):
        return None
    if same:
        if (one.given_on or other.given_on) and not _states_another_period(row, other_row):
            return None
        message = N_("Row {row} has another period of {choice} for this person. Keep one of them.")
        return Column.GROUP, message
    if both_doses and _atc_level_4(one, catalogue) != _atc_level_4(other, catalogue):
        return None
    return Column.GROUP, N_("Row {row} puts this person in another group, {choice}. Keep one of them.")


def _states_another_period(row: ImportRow, other: ImportRow) -> bool:
    """Return whether both rows state a first day, or both a last day, that is not the other's."""
    one, two = row.entry, other.entry
    first = row.states_first_day and other.states_first_day and one.valid_from != two.valid_from
    return first or (one.valid_to is not None and two.valid_to is not None and one.valid_to != two.valid_to)


def _atc_level_4(entry: RegistrationEntry, catalogue: Catalogue) -> str:
    vaccine = catalogue.vaccines.get(entry.product_code or "")
    return vaccine.atc[:ATC_LEVEL_4_LENGTH] if vaccine else ""
