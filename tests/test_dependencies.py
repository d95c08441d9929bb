"""The lists of packages that we chose, and the locks that `make lock` writes from them with what those need."""

import ast
import re
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
# What requirements-dev.txt adds stands in its lock on top of everything in requirements.txt.
LOCKS = {
    "requirements.lock": ["requirements.txt"],
    "requirements-dev.lock": ["requirements.txt", "requirements-dev.txt"],
}

OURS = {"app", "benchmarks", "mv", "pages", "tests"}
# An extra of a listed package, which is a package of its own.
PARTS = {"psycopg-pool"}


def _lines(name: str) -> list[str]:
    return (ROOT / name).read_text(encoding="utf-8").splitlines(keepends=True)


def _listed(*names: str) -> list[tuple[Requirement, str]]:
    """The requirements of these lists, each with its reason."""
    lines = [line for name in names for line in _lines(name)]
    parts = [line.partition("#") for line in lines if line.strip() and not line.startswith(("#", "-r "))]
    return [(Requirement(text.strip()), reason.strip()) for text, _, reason in parts]


def _needed(listed: Iterable[Requirement]) -> set[str]:
    """The names of the listed packages and of all that these need on this machine, as they are installed."""
    found: set[tuple[str, str]] = set()
    todo = [(requirement, "") for requirement in listed]
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in {"", *requirement.extras}:
            one = (canonicalize_name(requirement.name), wanted)
            if one not in found:
                found.add(one)
                needs = metadata.requires(requirement.name) or []
                todo += [(Requirement(need), wanted) for need in needs]
    return {name for name, _ in found}


def _imported(places: list[str]) -> set[str]:
    """The top-level names of all modules that the files in these places import."""
    files = [file for place in places for file in (ROOT / place).rglob("*.py")]
    files += [ROOT / place for place in places if place.endswith(".py")]
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


def _locked(name: str) -> dict[str, tuple[str, str, list[str]]]:
    """Version, marker and hashes by package name."""
    text = "".join(line for line in _lines(name) if not line.startswith("#"))
    found = {}
    for entry in re.split(r"\n(?=\S)", text.strip()):
        head, *hashes = entry.split(" \\\n")
        requirement = Requirement(head)
        found[canonicalize_name(requirement.name)] = (
            str(requirement.specifier),
            str(requirement.marker or ""),
            [line.strip() for line in hashes],
        )
    return found


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned_to_one_version_and_has_a_reason(name):
    for requirement, reason in _listed(name):
        assert re.fullmatch(r"==[0-9][0-9a-z.]*", str(requirement.specifier)), f"{requirement} is not pinned"
        assert reason, f"{requirement} has no reason"


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_pins_what_the_lists_pin(lock):
    locked = _locked(lock)
    for requirement, _ in _listed(*LOCKS[lock]):
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{name} is not in {lock}: make lock"
        assert locked[name][0] == str(requirement.specifier), f"{name} is another in {lock}: make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_what_the_listed_packages_need_and_nothing_else(lock):
    here = {name for name, (_, marker, _) in _locked(lock).items() if not marker or Marker(marker).evaluate()}
    assert here == _needed(requirement for requirement, _ in _listed(*LOCKS[lock])), "make lock"


@pytest.mark.parametrize(
    ("places", "names"),
    [
        (["app.py", "mv", "pages"], ["requirements.txt"]),
        (["tests", "benchmarks"], ["requirements.txt", "requirements-dev.txt"]),
    ],
    ids=["dashboard", "tests"],
)
def test_every_package_that_is_imported_is_listed(places, names):
    listed = {canonicalize_name(requirement.name) for requirement, _ in _listed(*names)}
    packages = metadata.packages_distributions()
    for name in sorted(_imported(places) - OURS - sys.stdlib_module_names):
        brought = {canonicalize_name(package) for package in packages[name]}
        assert brought & listed or brought <= PARTS, f"{name} is imported, and none of {brought} is listed"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_in_the_lock_has_a_hash(lock):
    for name, (_, _, hashes) in _locked(lock).items():
        assert hashes, f"{name} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in hashes), f"{name} has another hash"


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_no_index_or_folder_to_take_packages_from(lock):
    options = [line for line in _lines(lock) if line.startswith("-") or "@" in line or "/" in line]
    assert not options


def test_both_locks_hold_the_same_files_for_the_packages_that_they_share():
    small, large = (_locked(lock) for lock in LOCKS)
    assert {name: large[name] for name in small} == small
