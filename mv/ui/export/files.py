"""The files of output data. Each holds all that it is made from, fixed when its link is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from mv import export
from mv.access import Actor
from mv.export import Filters, Format, Headings, Progress, claims, doses
from mv.export.doses import DoseFilters
from mv.pseudonyms import Pseudonyms
from mv.store import Store


@dataclass(frozen=True, slots=True)
class ExportFile:
    """What every file is made from."""

    store: Store
    actor: Actor
    today: date
    form: Format
    headings: Headings

    @property
    def mime(self) -> str:
        return self.form.mime


@dataclass(frozen=True, slots=True)
class GroupsFile(ExportFile):
    """A file of the group rows that the filters take."""

    filters: Filters
    pseudonyms: Pseudonyms | None

    @property
    def filename(self) -> str:
        return export.filename(self.filters, self.today, self.form)

    def pieces(self, progress: Progress) -> Iterator[bytes]:
        """Log the export and make the file piece by piece. Raises Forbidden and Invalid."""
        return export.groups_file(
            self.store, self.actor, self.filters, self.form,
            headings=self.headings, pseudonyms=self.pseudonyms, progress=progress,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SummaryFile(ExportFile):
    """A file of the counts by group and status, for publication."""

    filters: Filters

    @property
    def filename(self) -> str:
        return export.filename(self.filters, self.today, self.form, summary=True)

    def pieces(self, progress: Progress) -> Iterator[bytes]:
        """Make the file piece by piece. Raises Forbidden and Invalid."""
        return export.summary_file(self.store, self.actor, self.filters, self.form, headings=self.headings)


@dataclass(frozen=True, slots=True)
class DosesFile(ExportFile):
    """A file of doses with their reimbursement."""

    filters: DoseFilters
    pseudonyms: Pseudonyms | None

    @property
    def filename(self) -> str:
        return doses.filename(self.filters, self.today, self.form)

    def pieces(self, progress: Progress) -> Iterator[bytes]:
        """Log the export and make the file piece by piece. Raises Forbidden and Invalid."""
        return doses.doses_file(
            self.store, self.actor, self.filters, self.form,
            headings=self.headings, pseudonyms=self.pseudonyms, progress=progress,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClaimsFile(ExportFile):
    """A file of the lines of a payer's claims, or of every payer's."""

    payer: str | None
    pseudonyms: Pseudonyms | None

    @property
    def filename(self) -> str:
        return claims.filename(self.today, self.form)

    def pieces(self, progress: Progress) -> Iterator[bytes]:
        """Log the export and make the file piece by piece. Raises Forbidden and Invalid."""
        return claims.claims_file(
            self.store, self.actor, self.payer, self.form,
            headings=self.headings, pseudonyms=self.pseudonyms, progress=progress,
        )  # fmt: skip
