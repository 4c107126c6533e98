"""The private MariaDB and Redis: own data, own ports, loopback only, found again by a later run."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from .machine import program_path
from .paths import GROUND

DATABASE = "mercadolibre"
QUEUE_VARIABLE = "FRAPPE_REDIS_QUEUE"
START_SECONDS = 60
STOP_SECONDS = 30


def start_mariadb() -> int:
	"""Start MariaDB unless it runs already. Return its port."""
	data = GROUND / "mariadb"
	if not data.exists():
		_create_data(data)
	return _start(
		"mariadb",
		[
			program_path("mariadbd"),
			"--no-defaults",
			f"--datadir={data}",
			f"--socket={GROUND}/mariadb.sock",
			f"--init-file={_init_file()}",
			*_as_user(),
			"--bind-address=127.0.0.1",
			"--skip-name-resolve",
			"--character-set-server=utf8mb4",
			"--collation-server=utf8mb4_unicode_ci",
			# What was committed outlives the server, which `make chaos` kills. It need not outlive a power cut: the
			# tests commit thousands of times.
			"--innodb-flush-log-at-trx-commit=2",
		],
		"--port={}",
	)


def is_own_mariadb(port: int) -> bool:
	"""Whether the server at this port is the one that `start_mariadb` started."""
	process = _state("mariadb")
	return bool(process and process["port"] == port and _is_ours(process["pid"]))


def kill_mariadb() -> None:
	"""End MariaDB as a crash does. `start_mariadb` brings it back at the same port, with all that was committed."""
	process = _state("mariadb")
	if process and _is_ours(process["pid"]):
		os.kill(process["pid"], signal.SIGKILL)
		_wait_until_gone(process["pid"])


def let_mariadb_write(is_allowed: bool) -> None:
	"""Have our MariaDB refuse whatever writes, until it is allowed again, or started anew."""
	statement = f"set global read_only = {int(not is_allowed)}"
	client = [program_path("mariadb"), "--no-defaults", f"--socket={GROUND}/mariadb.sock"]
	subprocess.run([*client, f"--execute={statement}"], check=True)


def has_own_disk() -> bool:
	"""Whether a file system of its own was mounted for MariaDB's data, which can be filled without harm to anything else."""
	return (GROUND / "mariadb").is_mount()


def fill_disk() -> None:
	"""Leave no room on the disk of MariaDB's data."""
	with contextlib.suppress(OSError), _filler().open("wb", buffering=0) as filler:
		while True:
			filler.write(bytes(1 << 16))


def free_disk() -> None:
	_filler().unlink(missing_ok=True)


def _filler() -> Path:
	return GROUND / "mariadb" / "filler"


def start_redis() -> dict[str, str]:
	"""Start Redis unless it runs already, and empty it. Return the variables that make it Frappe's cache and queue."""
	port = _start(
		"redis", [redis_server(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], "--port {}"
	)
	# Nobody works off what an earlier run has left in the queue, and Frappe takes no more where too much waits.
	with socket.create_connection(("127.0.0.1", port)) as connection:
		connection.sendall(b"FLUSHALL\r\n")
		connection.recv(16)
	return {
		"FRAPPE_REDIS_CACHE": f"redis://127.0.0.1:{port}/0",
		QUEUE_VARIABLE: f"redis://127.0.0.1:{port}/1",
	}


def redis_server() -> str:
	"""Path of Redis' server."""
	if installed := program_path("redis-server"):
		return installed
	# Debian ships the server in redis-tools under the name of a check that it also performs: the name it is
	# started by decides. The package redis-server adds this link, and a system service that we do not want.
	server = GROUND / "redis-server"
	if not server.exists():
		server.symlink_to(program_path("redis-check-rdb"))
	return str(server)


def database_password() -> str:
	"""The password of the database's only user, made up once per ground."""
	path = GROUND / "database-password"
	if not path.exists():
		path.touch(mode=0o600)
		path.write_text(secrets.token_hex(16))
	return path.read_text()


def stop_all() -> None:
	"""Stop what start_mariadb and start_redis started, and nothing else."""
	for state in GROUND.glob("*.process.json"):
		process = json.loads(state.read_text())
		if _is_ours(process["pid"]):
			os.kill(process["pid"], signal.SIGTERM)
			_wait_until_gone(process["pid"])


def _create_data(data: Path) -> None:
	# Under another name first: an interrupted run must not leave half a database behind.
	unfinished = data.with_name("mariadb.new")
	shutil.rmtree(unfinished, ignore_errors=True)
	# By force: it would refuse a machine that cannot look up its own name, which nothing here uses.
	command = [program_path("mariadb-install-db"), "--no-defaults", f"--datadir={unfinished}", *_as_user()]
	with (GROUND / "mariadb.log").open("ab") as log:
		subprocess.run([*command, "--force", "--skip-test-db"], check=True, stdout=log)
	unfinished.rename(data)


def _init_file() -> Path:
	"""SQL that MariaDB runs at each start, so that nobody needs its root account."""
	path = GROUND / "mariadb.sql"
	user = f"'{DATABASE}'@'127.0.0.1'"
	path.touch(mode=0o600)
	path.write_text(
		f"CREATE DATABASE IF NOT EXISTS {DATABASE};\n"
		f"CREATE USER IF NOT EXISTS {user} IDENTIFIED BY '{database_password()}';\n"
		f"GRANT ALL ON {DATABASE}.* TO {user};\n"
	)
	return path


def _as_user() -> list[str]:
	# MariaDB runs as root only when told so. Another user could not read a checkout below /root.
	return ["--user=root"] if os.geteuid() == 0 else []


def _start(name: str, command: list[str], port_option: str) -> int:
	before = _state(name)
	if before and _is_ours(before["pid"]):
		return before["port"]

	# Where it was, if that is free: who is connected to it finds it again.
	port = before["port"] if before and not answers(before["port"]) else free_port()
	log = GROUND / f"{name}.log"
	with log.open("ab") as output:
		process = subprocess.Popen(
			[*command, *port_option.format(port).split()],
			cwd=GROUND,
			stdin=subprocess.DEVNULL,
			stdout=output,
			stderr=output,
			start_new_session=True,
		)
	_state_file(name).write_text(json.dumps({"pid": process.pid, "port": port}))

	deadline = time.monotonic() + START_SECONDS
	while not answers(port):
		if process.poll() is not None or time.monotonic() > deadline:
			raise SystemExit(f"{name} did not start, see {log}")
		time.sleep(0.1)
	return port


def _state(name: str) -> dict[str, int] | None:
	"""Number and port of the process that was started last under this name."""
	state = _state_file(name)
	return json.loads(state.read_text()) if state.exists() else None


def _state_file(name: str) -> Path:
	return GROUND / f"{name}.process.json"


def free_port() -> int:
	with socket.socket() as probe:
		probe.bind(("127.0.0.1", 0))
		return probe.getsockname()[1]


def answers(port: int) -> bool:
	"""Whether something listens there."""
	with socket.socket() as client:
		return client.connect_ex(("127.0.0.1", port)) == 0


def _is_ours(pid: int) -> bool:
	"""Whether the process is still the one started here: its number may have gone to another since."""
	try:
		folder = Path(f"/proc/{pid}/cwd").resolve(strict=True)
	except OSError:
		return False
	return folder.is_relative_to(GROUND)


def _wait_until_gone(pid: int) -> None:
	deadline = time.monotonic() + STOP_SECONDS
	while _is_ours(pid):
		if time.monotonic() > deadline:
			raise SystemExit(f"Process {pid} does not stop; {GROUND} is left in place")
		time.sleep(0.1)
