"""Look up groups, subgroups, vaccines and units by code or by name, in either language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from mv.catalogue import Catalogue
from mv.errors import N_, Invalid
from mv.tabular_files.cells import quote
from mv.text import NamesByCode, fold, suggest_names


class CodeLookup:
    """The codes and names of the catalogue, whatever their case, accents and punctuation.

    Each method returns the code for a text. It raises Invalid, with the closest names, if there is none.
    """

    def __init__(self, known: Catalogue) -> None:
        self._known = known
        groups = known.groups.values()
        self._groups = _NameIndex({g.group_code: (g.group_code, g.name_sv, g.name_en) for g in groups})
        self._subgroups = {
            g.group_code: _NameIndex({s.subgroup_code: (s.subgroup_code, s.name_sv, s.name_en) for s in g.subgroups})
            for g in groups
        }
        self._vaccines = _NameIndex({code: (code, vaccine.name) for code, vaccine in known.vaccines.items()})
        self._units = _NameIndex({code: (code, unit.name) for code, unit in known.units.items()})

    def group(self, text: str) -> str:
        """Return the code of a group."""
        return self._groups.find(text, N_("There is no group “{text}”. Did you mean: {names}?"))

    def subgroup(self, group_code: str, text: str) -> str:
        """Return the code of a subgroup of that group."""
        group = self._known.groups[group_code]
        if not group.subgroups:
            raise Invalid(N_("The group {group} has no subgroups."), group=group)
        message = N_("The group {group} has no subgroup “{text}”. Did you mean: {names}?")
        return self._subgroups[group_code].find(text, message, group=group)

    def vaccine(self, text: str) -> str:
        """Return the code of a product."""
        return self._vaccines.find(text, N_("There is no vaccine “{text}”. Did you mean: {names}?"))

    def vaccine_in(self, text: str) -> str:
        """Return the code of the only product that a longer text names."""
        return self._vaccines.find_in(
            text,
            N_("No vaccine is named. Write one of: {names}."),
            N_("Several vaccines are named: {names}. Write one of them alone."),
        )

    def vaccine_names(self, product_code: str) -> Sequence[str]:
        """Return the code of a product, and its name."""
        return product_code, self._known.vaccines[product_code].name

    def unit(self, text: str) -> str:
        """Return the code of a unit."""
        return self._units.find(text, N_("There is no unit “{text}”. Did you mean: {names}?"))


class _NameIndex:
    def __init__(self, things: NamesByCode) -> None:
        self._things = things
        self._codes: defaultdict[str, set[str]] = defaultdict(set)
        self._found: dict[str, str] = {}
        for code, names in things.items():
            for name in names:
                self._codes[fold(name)].add(code)

    def find(self, text: str, message: str, **params: Any) -> str:
        if text in self._found:  # the same text comes again and again
            return self._found[text]
        codes = self._codes.get(fold(text), set())
        if len(codes) > 1:
            raise Invalid(N_("“{read}” can mean several of them. Write the code."), read=quote(text))
        for code in codes:
            return self._found.setdefault(text, code)
        raise Invalid(message, text=quote(text), names=suggest_names(text, self._things), **params)

    def find_in(self, text: str, none: str, several: str) -> str:
        """Return the only code that has a name in ``text``. A name that is part of a longer one there is none.

        Raises Invalid with the message ``none`` or ``several``.
        """
        words = f" {fold(text)} "
        found = [name for name in self._codes if name and f" {name} " in words]
        whole = [name for name in found if not any(f" {name} " in f" {other} " != f" {name} " for other in found)]
        codes = {code for name in whole for code in self._codes[name]}
        if len(codes) == 1:
            return codes.pop()
        names = [self._things[code][-1] for code in sorted(codes or self._things)]
        raise Invalid(several if codes else none, names=", ".join(names))
