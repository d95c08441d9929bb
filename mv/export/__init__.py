"""Files of customers' groups, doses and claims, and counts of groups. See docs/export.md."""

from __future__ import annotations

from mv.export.counts import Counts, active_over_time, counts, summary, summary_file
from mv.export.filters import Filters, Status
from mv.export.formats import Format
from mv.export.formats.csv import Csv, Delimiter
from mv.export.formats.parquet import Parquet
from mv.export.formats.xlsx import Xlsx
from mv.export.groups import filename, groups_file, preview
from mv.export.progress import Cancelled, Progress
from mv.export.schema import Headings

__all__ = [
    "Cancelled", "Counts", "Csv", "Delimiter", "Filters", "Format", "Headings", "Parquet", "Progress", "Status", "Xlsx",
    "active_over_time", "counts", "filename", "groups_file", "preview", "summary", "summary_file",
]  # fmt: skip
