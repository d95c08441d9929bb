"""A PostgreSQL server for the tests: one for all workers of a run, on loopback, in a folder of its own."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg
import pytest
from psycopg import sql
from xdist.workermanage import WorkerController

from tests import certificates

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # Nothing of it is to outlive the tests.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
# It waits for its input to end, as it does when the run ends, also when that is killed.
END = 'cat; [ ! -e "$1/stop" ] || "$(cat "$1/stop")" -D "$1/data" -m immediate -w stop; rm -rf "$1"'
IN_WORKERINPUT = "postgres_folder"
FOLDER = pytest.StashKey[Path]()
END_OF_RUN = pytest.StashKey["subprocess.Popen[bytes]"]()


class Server:
    """A running server, as one process of the run uses it."""

    def __init__(self, port: int, user: str) -> None:
        self._port = port
        self._user = user
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
        name = f"test_{self._user}_{self._made}"
        self.run(f"CREATE DATABASE {{}} TEMPLATE {template} STRATEGY FILE_COPY", name)
        try:
            yield self.url(name)
        finally:
            self.run("DROP DATABASE {} WITH (FORCE)", name)


def prepare(config: pytest.Config) -> None:
    """Have a folder for the run's server, which the first test that needs one starts, and who ends it with the run."""
    told = getattr(config, "workerinput", None)
    if told is not None:
        config.stash[FOLDER] = Path(told[IN_WORKERINPUT])
        return
    by = _owner()
    folder = config.stash[FOLDER] = _make_folder()
    config.stash[END_OF_RUN] = subprocess.Popen(
        ["sh", "-c", END, "sh", folder],
        **by, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def tell_worker(node: WorkerController) -> None:
    """Let a worker use the same folder."""
    node.workerinput[IN_WORKERINPUT] = str(node.config.stash[FOLDER])


def clear(config: pytest.Config) -> None:
    """Stop the server, if any, and remove its folder."""
    if END_OF_RUN in config.stash:
        config.stash[END_OF_RUN].communicate()


def server(config: pytest.Config, fill: Callable[[str], None]) -> Server:
    """Return the run's server; whoever is first starts it and fills its database ``store``."""
    folder = config.stash[FOLDER]
    port, user = folder / "port", os.environ.get("PYTEST_XDIST_WORKER", "main")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not port.exists():
            found = Server(_start(folder), user)
            found.run("CREATE DATABASE {}", "store")
            fill(found.url("store"))
            port.write_text(str(found._port))
    return Server(int(port.read_text()), user)


@contextmanager
def with_tls(host: str) -> Iterator[tuple[int, Path]]:
    """Run a server of the test's own that answers over TLS alone, as ``host``; hand out its port and certificate."""
    folder, by = _make_folder(), _owner()
    certificate, key = certificates.write(folder, host)
    for file in (certificate, key):
        file.chmod(0o600)
        if by:
            os.chown(file, by["user"], by["group"])
    port = _start(folder, {"ssl": "on", "ssl_cert_file": str(certificate), "ssl_key_file": str(key)})
    try:
        (folder / "data" / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 trust\n")
        _call(_programs() / "pg_ctl", "-D", folder / "data", "reload", **by)
        yield port, certificate
    finally:
        _call(_programs() / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop", **by)
        shutil.rmtree(folder)


def _make_folder() -> Path:
    folder, by = Path(tempfile.mkdtemp(prefix="mv-postgresql-")), _owner()
    if by:
        os.chown(folder, by["user"], by["group"])
    return folder


def _start(folder: Path, more: Mapping[str, str] = MappingProxyType({})) -> int:
    """Start a server and return its port."""
    programs, by = _programs(), _owner()
    data = folder / "data"
    _call(programs / "initdb", "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--no-locale", "-N", **by)
    (folder / "stop").write_text(str(programs / "pg_ctl"))
    port = free_port()
    settings = {**SETTINGS, "port": str(port), "unix_socket_directories": str(folder), **more}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    _call(programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start", **by)
    return port


def _programs() -> Path:
    """Return the folder of the server's programs, of the newest version where there are several."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -float(folder.parent.name))
    for folder in folders:
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
            return folder
    pytest.fail("The tests start a PostgreSQL server, and there is none. Install it: apt-get install postgresql")


def _owner() -> dict[str, Any]:
    """Return whom the server runs as: the server refuses root, who lends it to another user."""
    if os.geteuid() != 0:
        return {}
    known = {user.pw_name: user for user in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _call(*command: str | Path, **by: Any) -> None:
    # A file rather than a pipe: the server inherits it, and a pipe would not end before the server does.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(command, **by, cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False)
        said.seek(0)
        assert done.returncode == 0, f"{command[0]}: {said.read().decode()}"
