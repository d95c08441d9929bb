"""Concerns: what is unusual about an entry. Nothing is refused for it; whoever saves goes on, knowing it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum

from mv import identity
from mv.catalogue import Choice, Vaccine
from mv.customers import Customer
from mv.errors import N_, Invalid, MvError
from mv.identity import Sex


class Concern(StrEnum):
    """Something unusual about an entry. The values are stored with a row that was registered afterwards."""

    AGE = "age"
    SEX = "sex"
    DECEASED = "deceased"
    BATCH_EXPIRED = "batch_expired"
    BATCH_UNKNOWN = "batch_unknown"
    BATCH_SIMILAR = "batch_similar"
    BATCH_STOPPED = "batch_stopped"
    NAME = "name"
    RECENT_DOSE = "recent_dose"
    VACCINE_AGE = "vaccine_age"


Concerns = Mapping[Concern, MvError]
"""Each concern about an entry, with the text that tells it."""

OTHER_SEX: Mapping[Sex, str] = {
    Sex.FEMALE: N_("By the identity number the customer is a woman: does {choice} fit?"),
    Sex.MALE: N_("By the identity number the customer is a man: does {choice} fit?"),
}


class Doubtful(Exception):
    """Asks whoever saves an entry whether it is right; nothing was saved."""

    def __init__(self, concerns: Concerns) -> None:
        super().__init__(", ".join(concerns))
        self.concerns = concerns


def of_group(choice: Choice, customer: Customer, day: date) -> Concerns:
    """Return the concerns about the customer's being in the group on ``day``: age and sex.

    The sex is the legal one, where the identity number gives it (folkbokföringslagen (1991:481) 18 and 18 a §§). That
    is a hint and no rule: somebody who has changed it can be pregnant.
    """
    found: dict[Concern, MvError] = {}
    group = choice.group
    if group.ages and not group.ages.include(customer.birth_date, day):
        found[Concern.AGE] = Invalid(
            N_("Born {born}: the age does not fit {choice} on {day}."),
            born=customer.birth_date,
            choice=choice,
            day=day,
        )
    sex = identity.sex_of(customer.identity) if group.sex else None
    if sex and sex != group.sex:
        found[Concern.SEX] = Invalid(OTHER_SEX[sex], choice=choice)
    return found


def of_vaccine(vaccine: Vaccine | None, customer: Customer, day: date) -> Concerns:
    """Return the concern about a dose of the vaccine on ``day``: an age that it is not for, by the catalogue."""
    if vaccine is None or vaccine.ages is None or vaccine.ages.include(customer.birth_date, day):
        return {}
    told = Invalid(
        N_("Born {born}: the age does not fit {vaccine} on {day}."),
        born=customer.birth_date,
        vaccine=vaccine.name,
        day=day,
    )
    return {Concern.VACCINE_AGE: told}


def unaccepted(concerns: Concerns, accepted: Collection[Concern]) -> Concerns:
    """Return the concerns that are not accepted."""
    return {concern: message for concern, message in concerns.items() if concern not in accepted}
