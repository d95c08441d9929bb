"""A PostgreSQL server for the tests: on loopback, with a folder of its own, gone when they end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # Nothing of it is to outlive the tests.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
# It waits for its input to end, as it does when the tests end, also when they are killed.
END = 'cat; "$1" -D "$2" -m immediate -w stop; rm -rf "$3"'


class Server:
    """A running server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._made = 0

    def url(self, database: str) -> str:
        """Return what MV_STORE would be for ``database``."""
        return f"postgresql://test@127.0.0.1:{self._port}/{database}"

    def run(self, statement: str, database: str) -> None:
        """Run a statement about ``database``, which stands in it as ``{}``."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(database)))

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Make a database that is like ``template``, hand out its URL, and drop it."""
        self._made += 1
        name = f"test_{self._made}"
        self.run(f"CREATE DATABASE {{}} TEMPLATE {template} STRATEGY FILE_COPY", name)
        try:
            yield self.url(name)
        finally:
            self.run("DROP DATABASE {} WITH (FORCE)", name)


@contextmanager
def running() -> Iterator[Server]:
    """Start a server and hand it out; stop it and remove its folder, whatever happens."""
    programs = _programs()
    folder = tempfile.mkdtemp(prefix="mv-postgresql-")
    owner = _owner()
    by: dict[str, Any] = {}
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        by = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    data, control = f"{folder}/data", programs / "pg_ctl"
    end = subprocess.Popen(
        ["sh", "-c", END, "sh", control, data, folder],
        **by, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        _call(programs / "initdb", "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--no-locale", "-N", **by)
        port = _free_port()
        settings = SETTINGS | {"port": str(port), "unix_socket_directories": folder}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        _call(control, "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start", **by)
        yield Server(port)
    finally:
        end.communicate()


def _programs() -> Path:
    """Return the folder of the server's programs, of the newest version where there are several."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -float(folder.parent.name))
    for folder in folders:
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
            return folder
    pytest.fail("The tests start a PostgreSQL server, and there is none. Install it: apt-get install postgresql")


def _owner() -> pwd.struct_passwd | None:
    """Return whom the server runs as: the server refuses root, who lends it to another user."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name: user for user in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _call(*command: str | Path, **by: Any) -> None:
    # A file rather than a pipe: the server inherits it, and a pipe would not end before the server does.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(command, **by, cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False)
        said.seek(0)
        assert done.returncode == 0, f"{command[0]}: {said.read().decode()}"
