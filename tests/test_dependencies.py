"""The lists of packages, kept by hand, and the locks that `make lock` writes from them."""

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
# What requirements-dev.txt adds stands in its lock on top of everything in requirements.txt.
LOCKS = {
    "requirements.lock": ["requirements.txt"],
    "requirements-dev.lock": ["requirements.txt", "requirements-dev.txt"],
}


def _lines(name: str) -> list[str]:
    return (ROOT / name).read_text(encoding="utf-8").splitlines(keepends=True)


def _listed(*names: str) -> list[tuple[Requirement, str]]:
    """The requirements of these lists, each with its reason."""
    lines = [line for name in names for line in _lines(name)]
    parts = [line.partition("#") for line in lines if line.strip() and not line.startswith(("#", "-r "))]
    return [(Requirement(text.strip()), reason.strip()) for text, _, reason in parts]


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


def test_a_package_that_others_bring_names_those_that_do_bring_it():
    text = "".join(_lines("requirements.txt"))
    brought = text.partition("# What those bring with them")[2].splitlines()[1:]
    assert brought
    for text, _, reason in (line.partition("#") for line in brought):
        name = canonicalize_name(Requirement(text.strip()).name)
        for bringer in reason.split(","):
            needs = metadata.requires(Requirement(bringer.strip()).name) or []
            assert name in {canonicalize_name(Requirement(need).name) for need in needs}, f"{bringer} needs no {name}"


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_what_the_lists_pin_and_nothing_else(lock):
    listed = {
        canonicalize_name(requirement.name): (str(requirement.specifier), str(requirement.marker or ""))
        for requirement, _ in _listed(*LOCKS[lock])
    }
    assert {name: pin[:2] for name, pin in _locked(lock).items()} == listed, "make lock brings the lock up to the list"


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
