"""Where on a site some words stand: in its tables, in Redis, in files that were written, in a backup, and in what it tells browsers."""

import gzip
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import frappe
from frappe.utils import backups, get_bench_path
from frappe.utils.background_jobs import get_redis_conn

from tests.ground.paths import LOGS

# Ends what was published before, so that nothing is missed.
LAST = b"no more"
PATIENCE_SECONDS = 10


def tables_with(words: Iterable[str]) -> dict[str, str]:
	"""Tables in which a text column has one of the words, in whatever case: {table: word}."""
	tables = frappe.db.sql(
		"""
		select table_name, group_concat(concat("`", column_name, "`")) from information_schema.columns
		where table_schema = database() and data_type in ('varchar', 'text', 'longtext', 'mediumtext')
		and table_name not like '\\_aside%%' group by table_name
		"""
	)
	found = {}
	for table, columns in tables:
		for word in words:
			query = f"select count(*) from `{table}` where lower(concat_ws(' ', {columns})) like %s"
			if frappe.db.sql(query, f"%{word.lower()}%")[0][0]:
				found[table] = word
	return found


def keys_with(words: Iterable[str]) -> set[str]:
	"""Keys of Redis, the cache's and the queue's with its jobs, that hold one of the words."""
	looked_for = [word.encode() for word in words]
	return {
		key.decode(errors="replace")
		for redis in (frappe.cache, get_redis_conn())
		for key in redis.scan_iter("*")
		if any(word in value for value in _values(redis, key) for word in looked_for)
	}


def files_with(words: Iterable[str], since: float) -> set[str]:
	"""Files of the site, and logs, written since that moment (seconds since the epoch), that hold one of the words."""
	looked_for = [word.encode() for word in words]
	folders = (frappe.get_site_path(), f"{get_bench_path()}/logs", LOGS)
	paths = {path for folder in folders for path in Path(folder).rglob("*") if path.is_file()}
	written = [path for path in paths if path.stat().st_mtime >= since]
	return {str(path) for path in written if any(word in path.read_bytes() for word in looked_for)}


def backup_with(words: Iterable[str]) -> set[str]:
	"""Endings of the files of a backup, made now and not encrypted, that hold one of the words."""
	looked_for = [word.encode() for word in words]
	with (
		TemporaryDirectory() as folder,
		# The site's own backups stay, and may be encrypted.
		patch.object(backups, "delete_temp_backups"),
		patch.object(backups.BackupGenerator, "backup_encryption"),
	):
		backups.new_backup(backup_path=folder, ignore_files=True, force=True)
		contents = {"".join(path.suffixes): _unzipped(path) for path in Path(folder).iterdir()}
	return {ending for ending, content in contents.items() if any(word in content for word in looked_for)}


@contextmanager
def overheard() -> Iterator[list[bytes]]:
	"""What is published to browsers, by any process, within the `with` block: full when it has ended."""
	told: list[bytes] = []
	redis = get_redis_conn()
	with redis.pubsub() as listening:
		listening.psubscribe("*")
		yield told
		redis.publish("tests", LAST)
		ends = time.monotonic() + PATIENCE_SECONDS
		while time.monotonic() < ends:
			message = listening.get_message(timeout=1)
			if message and message["data"] == LAST:
				return
			if message:
				told.append(str(message["data"]).encode())
	raise AssertionError("Redis did not hand on what was published.")


def _values(redis, key: bytes) -> list[bytes]:
	"""What a key holds, with what RQ has packed unpacked."""
	read = {
		b"string": lambda: [redis.execute_command("GET", key)],
		b"hash": lambda: redis.execute_command("HGETALL", key),
		b"list": lambda: redis.execute_command("LRANGE", key, 0, -1),
		b"set": lambda: redis.execute_command("SMEMBERS", key),
		b"zset": lambda: redis.execute_command("ZRANGE", key, 0, -1),
	}.get(redis.execute_command("TYPE", key), list)()
	parts = read.items() if isinstance(read, dict) else read
	flat = [part for pair in parts for part in (pair if isinstance(pair, tuple) else [pair])]
	return [_unpacked(part) for part in flat if isinstance(part, bytes)]


def _unzipped(path: Path) -> bytes:
	return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _unpacked(value: bytes) -> bytes:
	with suppress(zlib.error):
		return value + zlib.decompress(value)
	return value
