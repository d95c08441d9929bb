"""A claim's file: what stands in it, and that it stays the same to the byte."""

from __future__ import annotations

import csv
from hashlib import sha256
from io import StringIO

import pytest

from mv.access import Actor, Role
from mv.errors import Conflict, Forbidden, NotFound
from mv.reimbursement.claims import files, line_queries, line_snapshot
from mv.reimbursement.claims.ledger import Claim, ClaimState
from mv.store import Store
from tests.contents import logged, refused
from tests.reimbursement.claims.clinic import Clinic

HEADINGS = [
    "Rad", "Typ", "Rättar rad", "Personnummer", "Dag", "Vaccin", "ATC", "Sats", "Dos", "Kundgrupp", "Undergrupp",
    "Enhet", "Registrerad", "Kronor", "Orsak", "Regel",
]  # fmt: skip
RULE = "Influensavaccin, 65 år och äldre, 2024-03-01"
ANALYST = Actor("ana.lys", "Ana Lys", Role.ANALYST, "norr")
AT_SODER = Actor("sara.ek", "Sara Ek", Role.LEAD, "soder")


def taken(store: Store, actor: Actor, claim: Claim) -> bytes:
    return b"".join(files.download(store, actor, claim.claim_id))


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig")), delimiter=";"))


def execute(clinic: Clinic, *statements: str) -> None:
    for sql in statements:
        clinic.store.write(lambda tx, sql=sql: tx.execute(sql))


def test_the_file_says_what_is_claimed_and_what_is_taken_back(clinic: Clinic) -> None:
    customer, other = clinic.person(), clinic.person()
    clinic.give(clinic.group(customer))
    withdrawn = clinic.give(clinic.group(other, "medical_risk", "diabetes"), product="vaxigrip_tetra")
    first = clinic.claim()
    clinic.change_rule("flu_65_2024", ore=162_50)
    clinic.withdraw(withdrawn)
    second = clinic.claim()
    dose_cells = ["2026-11-02", "Efluelda", "J07BB02", "B-1", "1", "65 år och äldre", "", "Mottagning Norr"]
    when = "2026-11-02 13:00:00"
    assert rows(taken(clinic.store, clinic.actor, first)) == [
        HEADINGS,
        ["A1-1", "Ersättning", "", customer.identity, *dose_cells, when, "150,00", "given dos", RULE],
        [
            "A1-2", "Ersättning", "", other.identity, "2026-11-02", "VaxigripTetra", "J07BB02", "B-1", "1",
            "Medicinsk riskgrupp", "Diabetes typ 1 eller 2", "Mottagning Norr", when, "150,00", "given dos",
            "Influensavaccin, Medicinsk riskgrupp, 2024-03-01",
        ],
    ]  # fmt: skip
    assert [row[:4] + row[-3:-1] for row in rows(taken(clinic.store, clinic.actor, second))[1:]] == [
        ["A2-1", "Rättelse", "A1-1", customer.identity, "-150,00", "annat belopp"],
        ["A2-2", "Ersättning", "", customer.identity, "162,50", "som dosen är nu"],
        ["A2-3", "Rättelse", "A1-2", other.identity, "-150,00", "återkallad"],
    ]


def test_the_file_is_utf_8_with_a_byte_order_mark_and_semicolons(clinic: Clinic) -> None:
    clinic.dose()
    content = taken(clinic.store, clinic.actor, clinic.claim())
    assert content.startswith(b'\xef\xbb\xbf"Rad";"Typ";"R\xc3\xa4ttar rad";')
    assert content.count(b"\xef\xbb\xbf") == 1


def test_whatever_becomes_of_everything_else_a_claim_stays_as_it_was(clinic: Clinic) -> None:
    store, actor = clinic.store, clinic.actor
    doses = [clinic.dose() for _ in range(3)]
    claim = clinic.claim()
    file, lines = taken(store, actor, claim), line_queries.claim_lines(store, actor, claim.claim_id, limit=9)
    clinic.withdraw(doses[0])
    clinic.correct(doses[1], product_code="fluad_tetra", unit_id="soder")
    clinic.change_rule("flu_65_2024", ore=200_00, payer="Arbetsgivaren")
    execute(
        clinic,
        "UPDATE customer SET identity = 'R' || identity",
        "UPDATE vaccine SET name = 'Another name', atc = 'J07BB99'",
        "UPDATE unit SET name = 'Another name'",
        "UPDATE customer_group SET name_sv = 'Another name'",
    )
    assert taken(store, actor, claim) == file
    execute(clinic, "DELETE FROM dose", "DELETE FROM payment_rule", "DELETE FROM vaccine", "DELETE FROM customer")
    assert taken(store, actor, claim) == file
    assert line_queries.claim_lines(store, actor, claim.claim_id, limit=9).equals(lines)
    assert sha256(file).hexdigest() == claim.file_hash


def test_a_discarded_claim_can_still_be_had(clinic: Clinic) -> None:
    clinic.dose()
    claim = clinic.claim()
    file = taken(clinic.store, clinic.actor, claim)
    assert taken(clinic.store, clinic.actor, clinic.move(claim, ClaimState.DISCARDED)) == file


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE claim_file SET content = replace(content, '150,00', '950,00')",
        "DELETE FROM claim_file WHERE part = 2",
        "DELETE FROM claim_file",
    ],
)
def test_a_file_that_is_not_as_it_was_made_is_not_handed_out(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    monkeypatch.setattr(line_snapshot, "LINES_IN_PART", 1)
    clinic.dose()
    clinic.dose()
    claim = clinic.claim()
    execute(clinic, spoil)
    says = "What is kept of the file of claim 1 is not what was made. Restore the store from a backup."
    with refused(clinic.store, Conflict, says):
        files.download(clinic.store, clinic.actor, claim.claim_id)


def test_a_file_in_many_parts_is_the_same_as_in_one(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        clinic.dose()
    in_one = clinic.claim()
    clinic.move(in_one, ClaimState.DISCARDED)
    monkeypatch.setattr(line_snapshot, "LINES_IN_PART", 2)
    in_many = clinic.claim()
    assert len(list(files.download(clinic.store, clinic.actor, in_one.claim_id))) == 1
    assert len(list(files.download(clinic.store, clinic.actor, in_many.claim_id))) == 3
    one, many = rows(taken(clinic.store, clinic.actor, in_one)), rows(taken(clinic.store, clinic.actor, in_many))
    assert [row[0] for row in many[1:]] == [f"A2-{n}" for n in range(1, 6)]
    assert [row[1:] for row in many] == [row[1:] for row in one]


def test_a_cell_that_a_spreadsheet_would_run_is_harmless_and_amounts_stay_numbers(clinic: Clinic) -> None:
    execute(
        clinic,
        "UPDATE vaccine SET name = '=1+1'",
        "UPDATE unit SET name = '+46;\"x\"'",
        "UPDATE customer_group SET name_sv = '@group'",
        "UPDATE subgroup SET name_sv = '-subgroup'",
    )
    dose = clinic.give(clinic.group(clinic.person(), "medical_risk", "diabetes"))
    clinic.claim()
    clinic.withdraw(dose)
    row = dict(zip(HEADINGS, rows(taken(clinic.store, clinic.actor, clinic.claim()))[1], strict=True))
    assert (row["Vaccin"], row["Enhet"], row["Kundgrupp"]) == ("'=1+1", '\'+46;"x"', "'@group")
    assert (row["Undergrupp"], row["Kronor"]) == ("'-subgroup", "-150,00")


# Who may have it


def test_taking_out_a_file_is_logged_with_what_was_taken_and_without_a_person(clinic: Clinic) -> None:
    customer = clinic.person()
    clinic.give(clinic.group(customer))
    claim = clinic.claim()
    taken(clinic.store, clinic.actor, claim)
    (entry,) = logged(clinic.store, "export_claim")
    assert (entry["user_id"], entry["customer_id"]) == (clinic.actor.user_id, None)
    assert entry["detail"] == {
        "list": "claim",
        "claim": claim.claim_id,
        "identities": True,
        "rows": 1,
        "units": ["norr"],
    }
    assert customer.identity not in str(logged(clinic.store))


def test_an_analyst_sees_the_lines_without_persons_and_gets_no_file(clinic: Clinic) -> None:
    customer = clinic.person()
    clinic.give(clinic.group(customer))
    claim = clinic.claim(actor=ANALYST)
    lines = line_queries.claim_lines(clinic.store, ANALYST, claim.claim_id, limit=9)
    assert list(lines) == [
        "line", "taken_back", "corrects", "given_on", "vaccine", "dose_number", "group_name", "subgroup_name", "unit",
        "ore", "cause", "rule",
    ]  # fmt: skip
    assert customer.identity not in lines.to_csv()
    with refused(clinic.store, Forbidden, "Your role does not include this. Ask whoever is responsible for users."):
        files.download(clinic.store, ANALYST, claim.claim_id)
    with clinic.store.read() as tx:
        refusals = tx.rows("SELECT action FROM access_log WHERE outcome = 'refused'")
    assert [refusal["action"] for refusal in refusals] == ["export_claim"]


def test_a_claim_with_a_line_of_another_unit_is_not_handed_out(clinic: Clinic) -> None:
    clinic.dose()
    clinic.dose(unit_id="soder")
    claim = clinic.claim()
    with refused(clinic.store, Forbidden, "The claim is about units that are not yours."):
        files.download(clinic.store, AT_SODER, claim.claim_id)
    with refused(clinic.store, NotFound, "There is no such claim."):
        files.download(clinic.store, clinic.actor, claim.claim_id + 1)


def test_the_name_of_the_file_says_which_claim_it_is() -> None:
    assert files.filename(12) == "ansprak_12.csv"
