"""Workers of a Dask or Ray cluster.

Each chunk is one call on the cluster. Workers need nb_to_flow, the flow's libraries, and the results folder and the
flow's folder under the same paths; they need no way to the Prefect server.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import platform
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from nb_to_flow.batches.jobs import Chunk, Report, Setup
from nb_to_flow.batches.pools import WorkerLost
from nb_to_flow.batches.writers import writing
from nb_to_flow.ir.batch import Finished
from nb_to_flow.ir.errors import InputError

# Ray gives its own processes 15 seconds to start, which a busy machine may not manage at once.
_RAY_STARTS = 3
_ALONE = threading.Lock()
_SHOPS: dict[str, Any] = {}


def run_on_cluster(setup: Setup, chunk: Chunk) -> tuple[list[Finished], str, bool]:
    """Run a chunk in a cluster's worker; how its pieces ended, or why it can't be run, and if that will stay so.

    One chunk at a time in each process. A chunk that has been started before was lost with its worker and
    isn't run again: the driver decides what of it is.
    """
    if not setup.store.is_dir() or not setup.flow_file.is_file():
        return [], f"{platform.node()} doesn't have {setup.store.parent} or {setup.flow_file}", True
    try:
        (setup.store / f"{setup.token}-{chunk.number}.started").touch(exist_ok=False)
    except FileExistsError:
        return [], f"the worker that ran chunk {chunk.number} is gone", False
    ended: list[Finished] = []
    with _ALONE, _inside(setup), writing(setup.store):
        try:
            shop = _shop(setup)
        except Exception as error:  # noqa: BLE001 - the flow's own module level code
            where = f"on {platform.node()}: {type(error).__name__}: {error}"
            return [], f"the flow's module can't be loaded in a worker {where}", True
        shop.run(chunk, ended.extend)
    return ended, "", False


def _shop(setup: Setup) -> Any:
    from nb_to_flow.batches.quiet import without_runs
    from nb_to_flow.batches.workshop import Workshop, load_module

    if setup.token not in _SHOPS:
        sys.modules.pop(setup.flow_file.stem, None)  # it may have been another one in an earlier batch
        module = load_module(setup.flow_file)
        without_runs(module, artifacts=setup.artifacts, generated=setup.trusted)
        _SHOPS.clear()
        _SHOPS[setup.token] = Workshop(setup, module)
    return _SHOPS[setup.token]


@contextlib.contextmanager
def _inside(setup: Setup) -> Iterator[None]:
    before, path = os.getcwd(), list(sys.path)
    os.chdir(setup.folder)
    sys.path[:0] = [str(setup.folder), str(setup.flow_file.parent)]
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path


@contextlib.contextmanager
def _same_path() -> Iterator[None]:
    """Processes that start here import from the same places."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(os.path.abspath(path) for path in sys.path)
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


class Dask:
    """Workers of a Dask cluster; a local one is started if no address is given."""

    def __init__(self, setup: Setup, address: str, workers: int | None) -> None:
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError as error:
            raise InputError(
                "the runner dask needs the package distributed", "pip install distributed"
            ) from error
        self._setup = setup
        self._cluster: Any = None
        if not address:
            with _same_path():
                self._cluster = distributed.LocalCluster(
                    n_workers=workers, threads_per_worker=1, dashboard_address=None
                )
        try:
            self._client: Any = distributed.Client(address or self._cluster, set_as_default=False, timeout=30)
        except (OSError, ValueError) as error:
            raise InputError(f"no Dask scheduler answers at {address}: {error}") from error
        there = len(self._client.scheduler_info(n_workers=-1)["workers"])
        if not there:
            raise InputError(f"the Dask cluster at {address} has no workers")
        self.workers = min(there, workers or there)

    def run(self, chunk: Chunk, report: Report) -> None:
        """Run a chunk on some worker of the cluster."""
        future = self._client.submit(
            run_on_cluster, self._setup, chunk, pure=False, key=_key(self._setup, chunk)
        )
        try:
            ended, lost, for_good = future.result()
        except Exception as error:
            raise WorkerLost(f"{type(error).__name__}: {error}") from error
        _reported(ended, lost, report, for_good=for_good)

    def close(self) -> None:
        """Leave the cluster; end it if it was started here."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


class Ray:
    """Workers of a Ray cluster; a local one is started if no address is given."""

    def __init__(self, setup: Setup, address: str, workers: int | None) -> None:
        try:
            ray: Any = importlib.import_module("ray")
        except ImportError as error:
            raise InputError("the runner ray needs the package ray", "pip install ray") from error
        self._ray = ray
        self._setup = setup
        self._ours = not ray.is_initialized()
        if self._ours:
            with _same_path():
                self._start(address, workers)
        there = int(ray.cluster_resources().get("CPU", 1))
        self.workers = min(there, workers or there)
        # A chunk whose worker dies isn't run again by Ray: the driver knows which pieces are done.
        self._remote = ray.remote(num_cpus=1, max_retries=0)(run_on_cluster)

    def _start(self, address: str, workers: int | None) -> None:
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
        if not address:
            options.update(num_cpus=workers, include_dashboard=False)
        elif not _answers(address):  # Ray itself would go on asking for many minutes
            raise InputError(f"no Ray cluster answers at {address}")
        for start in range(1, _RAY_STARTS + 1):
            try:
                self._ray.init(address=address or "local", **options)
                return
            except Exception as error:  # Ray raises nothing more special
                self._ray.shutdown()
                if address or start == _RAY_STARTS:
                    where = f"at {address}" if address else "could be started on this machine"
                    raise InputError(f"no Ray cluster {where}: {error}") from error

    def run(self, chunk: Chunk, report: Report) -> None:
        """Run a chunk on some worker of the cluster."""
        try:
            ended, lost, for_good = self._ray.get(self._remote.remote(self._setup, chunk))
        except self._ray.exceptions.RayError as error:
            raise WorkerLost(f"{type(error).__name__}: {error}") from error
        _reported(ended, lost, report, for_good=for_good)

    def close(self) -> None:
        """Leave the cluster; end it if it was started here."""
        if self._ours:
            self._ray.shutdown()


def _answers(address: str) -> bool:
    """False if nobody listens at HOST:PORT or ray://HOST:PORT; other addresses ("auto") are left to Ray."""
    try:
        place = urlsplit(address if "://" in address else f"//{address}")
        host, port = place.hostname, place.port
    except ValueError:
        return True
    if host is None or port is None:
        return True
    try:
        with socket.create_connection((host, port), timeout=10):
            return True
    except OSError:
        return False


def _key(setup: Setup, chunk: Chunk) -> str:
    return f"chunk-{setup.token}-{chunk.number}"


def _reported(ended: list[Finished], lost: str, report: Report, *, for_good: bool) -> None:
    if lost:
        raise WorkerLost(lost, for_good=for_good)
    report(ended)
