"""A file on disk, all of it or nothing, and the line that tells how far it has come."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from mv.export import Cancelled, Progress
from mv.export.atomic_file import ProgressLine, write_atomically


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def words(done: int, rows: int, percent: int) -> str:
    return f"{done} of {rows} ({percent} %)"


def told(stream: StringIO, rows: int, step: int, *, error: type[BaseException] | None = None) -> str:
    """Return what a line tells of so many rows that are done step by step, until they are or an error comes."""
    progress = Progress()
    progress.begin(rows)
    try:
        with ProgressLine(progress, stream, words) as line:
            for _ in range(0, rows, step):
                line.tell()
                progress.add(min(step, rows - progress.done))
                if error and progress.done * 2 > rows:
                    raise error
    except BaseException as caught:
        assert error and isinstance(caught, error)
    return stream.getvalue()


def drawn(text: str) -> str:
    """Return what stands in a terminal in the end, line by line."""
    lines = []
    for line in text.split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return "\n".join(lines)


# The line


def test_where_no_terminal_is_a_line_is_told_for_each_tenth_at_most() -> None:
    lines = told(StringIO(), 1000, 1).splitlines()
    assert lines == [f"{percent * 10} of 1000 ({percent} %)" for percent in range(0, 101, 10)]


def test_a_file_in_one_piece_is_told_at_its_beginning_and_its_end() -> None:
    assert told(StringIO(), 5, 5).splitlines() == ["0 of 5 (0 %)", "5 of 5 (100 %)"]


def test_a_file_without_rows_is_done() -> None:
    assert told(StringIO(), 0, 1).splitlines() == ["0 of 0 (100 %)"]


def test_in_a_terminal_there_is_one_line_and_what_comes_after_stands_below_it() -> None:
    text = told(Terminal(), 1000, 1)
    assert drawn(text) == "1000 of 1000 (100 %)\n"
    assert text.count("\r") < 1000, "drawn for each row"


def test_what_was_broken_off_is_not_told_to_be_done() -> None:
    assert told(StringIO(), 10, 1, error=KeyboardInterrupt).splitlines()[-1] == "5 of 10 (50 %)"
    assert drawn(told(Terminal(), 10, 1, error=KeyboardInterrupt)) == "0 of 10 (0 %)\n"


def test_more_rows_than_were_counted_are_no_more_than_all() -> None:
    progress = Progress()
    progress.begin(10)
    progress.add(12)
    assert progress.share == 1


# The file


def test_a_file_is_there_when_it_is_whole_and_not_before(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"before")
    seen = []
    write_atomically(file, iter([b"a", b"b"]), lambda: seen.append(file.read_bytes()))
    assert seen == [b"before", b"before"]
    assert file.read_bytes() == b"ab"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("error", [Cancelled, KeyboardInterrupt, OSError])
def test_what_is_broken_off_leaves_what_was_there_before(tmp_path: Path, error: type[BaseException]) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"a"
        raise error

    file = tmp_path / "file"
    file.write_bytes(b"before")
    with pytest.raises(error):
        write_atomically(file, chunks())
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == b"before"


def test_a_file_and_what_is_unfinished_of_it_are_their_owners_alone(tmp_path: Path) -> None:
    file, modes = tmp_path / "file", list[int]()
    file.write_bytes(b"before")
    file.chmod(0o666)
    write_atomically(file, iter([b"a"]), lambda: modes.extend(one.stat().st_mode for one in tmp_path.glob("*.part")))
    assert [mode & 0o777 for mode in (*modes, file.stat().st_mode)] == [0o600, 0o600]


@pytest.mark.parametrize("name", ["file", "file.part"])
def test_a_file_is_never_written_through_a_link(tmp_path: Path, name: str) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "folder"
    folder.mkdir()
    elsewhere.write_bytes(b"somebody else's")
    (folder / name).symlink_to(elsewhere)
    write_atomically(folder / "file", iter([b"a"]))
    assert elsewhere.read_bytes() == b"somebody else's"
    assert (folder / "file").read_bytes() == b"a"
    assert not (folder / "file").is_symlink()


def test_two_who_write_one_file_at_once_do_not_mix(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_atomically(file, iter([b"a", b"b"]), lambda: write_atomically(file, iter([b"c"])))
    assert file.read_bytes() == b"ab"
    assert list(tmp_path.iterdir()) == [file]
