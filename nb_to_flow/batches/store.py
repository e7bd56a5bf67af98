"""Results of pieces, in the results folder: written by workers, read by other workers, there after a crash.

A worker appends each result to a segment of its own, in one write, together with how the piece ended; large ones
get a file of their own, written to a temporary name and renamed. So a record that can be read is complete, and what
a killed batch had finished is found again, whether or not its driver still heard of it.

A segment is a row of records: a header (magic, lengths and checksum), the pickled result, the pickled `Finished`.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import secrets
import struct
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nb_to_flow.ir.batch import Finished

_HEADER = struct.Struct(">4sQQI")  # magic, bytes of the result, bytes of the Finished, checksum of both
_MAGIC = b"NBF1"
_OWN_FILE = 256 * 1024
_CACHE_BYTES = 256 * 1024 * 1024


class Store:
    """One process' view of the store.

    Args:
        folder: where it is.
        shares: True if a loaded value may be given to several pieces: they leave their inputs alone.
    """

    def __init__(self, folder: Path, *, shares: bool = False) -> None:
        self.folder = folder
        self._shares = shares
        self._segment: Any = None
        self._segment_name = ""
        self._readers: dict[str, Any] = {}
        self._cache: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._cached = 0

    def put(self, value: Any, finished: Finished) -> Finished:
        """Keep a piece's result; returns `finished` with the place. Raises what pickle raises."""
        data = pickle.dumps(value, protocol=5)
        done = self.put_bytes(data, finished)
        if self._shares:
            self._remember(done.place, value, len(data))
        return done

    def put_bytes(self, data: bytes, finished: Finished) -> Finished:
        """Keep a result that is pickled already."""
        if self._segment is None:
            self._segment_name = f"{os.getpid()}-{secrets.token_hex(4)}.seg"
            self._segment = open(self.folder / self._segment_name, "ab", buffering=0)  # noqa: SIM115
        if len(data) > _OWN_FILE:
            done = replace(finished, place=self._own_file(finished.key, data), size=len(data))
            data = b""
        else:
            start = self._segment.tell() + _HEADER.size
            done = replace(finished, place=f"{self._segment_name}:{start}:{len(data)}", size=len(data))
        head = pickle.dumps(done, protocol=5)
        checksum = zlib.crc32(head, zlib.crc32(data))
        self._segment.write(_HEADER.pack(_MAGIC, len(data), len(head), checksum) + data + head)
        return done

    def get(self, place: str) -> Any:
        """The result kept at a place; fresh unless values are shared. Raises OSError if it isn't there."""
        if place in self._cache:
            self._cache.move_to_end(place)
            return self._cache[place][0]
        data = self.get_bytes(place)
        value = pickle.loads(data)
        if self._shares:
            self._remember(place, value, len(data))
        return value

    def get_bytes(self, place: str) -> bytes:
        """The pickled result kept at a place. Raises OSError if it isn't there."""
        name, colon, rest = place.partition(":")
        if not colon:
            return (self.folder / name).read_bytes()
        start, size = map(int, rest.split(":"))
        if name not in self._readers:
            self._readers[name] = open(self.folder / name, "rb", buffering=0)  # noqa: SIM115
        self._readers[name].seek(start)
        data: bytes = self._readers[name].read(size)
        if len(data) != size:
            raise FileNotFoundError(f"{self.folder / name} is shorter than it was")
        return data

    def has(self, place: str) -> bool:
        """True if the result is still there."""
        return bool(place) and (self.folder / place.partition(":")[0]).exists()

    def drop(self, place: str) -> None:
        """Give up a result that nothing needs any more, if it has a file of its own."""
        if place and ":" not in place:
            with contextlib.suppress(OSError):
                (self.folder / place).unlink()

    def close(self) -> None:
        """Close all files."""
        for file in (self._segment, *self._readers.values()):
            if file is not None:
                file.close()
        self._segment, self._readers = None, {}
        self._cache.clear()
        self._cached = 0

    def _own_file(self, key: str, data: bytes) -> str:
        name = f"{key}-{secrets.token_hex(2)}.pkl"
        temporary = self.folder / f".{name}.tmp"
        temporary.write_bytes(data)
        os.replace(temporary, self.folder / name)
        return name

    def _remember(self, place: str, value: Any, size: int) -> None:
        if size > _CACHE_BYTES // 2:
            return
        self._cache[place] = value, size
        self._cached += size
        while self._cached > _CACHE_BYTES or len(self._cache) > 5000:
            _, (_, dropped) = self._cache.popitem(last=False)
            self._cached -= dropped


def recorded(folder: Path) -> Iterator[Finished]:
    """All pieces that workers have finished according to the store, those of killed batches too."""
    for segment in sorted(folder.glob("*.seg")):
        with open(segment, "rb") as file:
            while len(header := file.read(_HEADER.size)) == _HEADER.size:
                magic, size, head_size, checksum = _HEADER.unpack(header)
                if magic != _MAGIC:
                    break
                data, head = file.read(size), file.read(head_size)
                if len(head) < head_size or zlib.crc32(head, zlib.crc32(data)) != checksum:
                    break  # the worker was killed here
                yield pickle.loads(head)


def clear(folder: Path) -> None:
    """Remove everything that the store has written."""
    for pattern in ("*.seg", "*.pkl", ".*.tmp", "*.started"):
        for path in folder.glob(pattern):
            with contextlib.suppress(OSError):
                path.unlink()
