"""How a lab is started: its folder, its token, its address, and what the user is told."""

from __future__ import annotations

import errno
import ipaddress
import os
import secrets
import signal
import stat
import threading
import webbrowser
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from multispin._base import checks
from multispin._base.extras import require
from multispin._base.files import open_regular, replacing
from multispin._base.locks import FileLock
from multispin._engines import registry
from multispin.errors import CheckpointError
from multispin.lab.scene import MOST_SEED, Options
from multispin.lab.scenes import SCENES
from multispin.lab.scenes.rbm_data import images_of
from multispin.lab.server import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PORTS = range(8732, 8752)  # tried in turn, if none is asked for
_TOKEN = "token"  # its file in the folder
_TOKEN_BYTES = 24
_HOSTS = "an address or a name of this machine, such as '127.0.0.1'"


def serve(
    host: str = "127.0.0.1",
    port: int | None = None,
    *,
    data: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    seed: int = 1,
    browser: bool = True,
) -> None:
    """Serve the lab to a browser until Ctrl-C.

    The link that it prints has a token, without which nobody gets in. The folder `cache` keeps it,
    readable for this user alone, so that pages that are open go on when the lab is started again.

    Parameters
    ----------
    host : str
        Address or name to listen on. Any other than this machine's own (127.0.0.1) lets others
        connect who know the link, over a connection that is not encrypted.
    port : int, optional
        Port, 0 for any that is free; by default the first one free from 8732 on.
    data : path, optional
        ``.npz`` file of images for the tabs that learn.
    cache : path, optional
        Folder for the token and for trained models, by default ``multispin/lab`` in the user's
        cache. One lab at a time uses a folder.
    threads : int, optional
        Threads of the samplers; by default as many as the process may use.
    seed : int
        Seed of tabs whose link has none, 0 to 2⁵³ − 1.
    browser : bool
        Whether to open the link in a browser.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong; the message names it, what was given, and what is allowed.
    OSError
        If the address is in use or is none of this machine's, or a file or folder cannot be used.
    CheckpointError
        If another lab uses the folder.
    MissingExtraError
        If a package of the extra ``[lab]`` is missing.
    """
    for module in ("starlette", "uvicorn", "websockets"):
        require(module, "lab")
    checks.instance("host", host, str, _HOSTS)
    try:
        if not host.encode("idna"):
            raise ValueError(checks.describe("host", host, _HOSTS))
    except UnicodeError as error:  # no name at all
        raise ValueError(checks.describe("host", host, _HOSTS)) from error
    if port is not None:
        port = checks.count("port", port, 0, 2**16 - 1)
    seed = checks.count("seed", seed, 0, MOST_SEED)
    threads = None if threads is None else registry.threads(threads)
    images = None if data is None else _checked_data(data)
    checks.flag("browser", browser)
    with _folder(cache) as folder:
        options = Options(folder, images, threads, seed)
        lab = _listening(host, port, options, _token(folder))
        with _ctrl_c(lab.stop):
            _announce(lab, host, browser)
            lab.run()
    print("the lab has ended", flush=True)


def _checked_data(data: str | os.PathLike[str]) -> Path:
    path = checks.path("data", data)
    if path.suffix != ".npz":
        raise ValueError(checks.describe("data", str(path), "a .npz file of images"))
    open_regular(path, os.O_RDONLY).close()
    images_of(path)  # which says what is wrong with them
    return path


@contextmanager
def _folder(given: str | os.PathLike[str] | None) -> Iterator[Path | None]:
    """Have the folder to itself, made if it is not there; None if there can be none by default."""
    if given is not None:
        path = checks.path("cache", given, "the path of a folder, str or os.PathLike")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        path = Path(base if Path(base).is_absolute() else "~/.cache", "multispin", "lab")
    try:
        path = path.expanduser().resolve()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(path / "lab")
    except CheckpointError:
        allowed = "a folder that no other lab uses"
        raise CheckpointError(checks.describe("cache", str(path), allowed)) from None
    except (OSError, RuntimeError) as error:
        if given is not None:
            raise
        print(f"without a cache: {path}: {error}", flush=True)
        yield None
        return
    try:
        yield path
    finally:
        lock.release()


def _token(folder: Path | None) -> str:
    """Return the token that the folder keeps, or a new one."""
    fresh = secrets.token_urlsafe(_TOKEN_BYTES)
    if folder is None:
        return fresh
    path = folder / _TOKEN
    with suppress(OSError, ValueError):
        with open_regular(path, os.O_RDONLY | os.O_NOFOLLOW) as file:
            found = os.fstat(file.fileno())
            kept = file.read(200).decode("ascii").strip()
        private = found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077
        if private and len(kept) == len(fresh) and kept.replace("-", "").replace("_", "").isalnum():
            return kept
    with suppress(FileNotFoundError):
        path.unlink()  # else it would keep its permissions
    with replacing(path) as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(fresh.encode())
    return fresh


def _listening(host: str, port: int | None, options: Options, token: str) -> Lab:
    if port is not None:
        return _listening_at(host, port, options, token)
    for one in PORTS:
        with suppress(_PortTakenError):
            return _listening_at(host, one, options, token)
    return _listening_at(host, 0, options, token)


class _PortTakenError(OSError):
    """Somebody listens there."""


def _listening_at(host: str, port: int, options: Options, token: str) -> Lab:
    try:
        return Lab(SCENES, options, host, port, token)
    except OSError as error:
        # Numbers below 0 are of the look-up of names.
        known = os.strerror(number) if (number := error.errno or 0) > 0 else error.strerror
        reason = f"({known})"
        if error.errno == errno.EADDRINUSE:
            text = checks.describe("port", port, "one that nobody listens at, or 0 for any")
            raise _PortTakenError(error.errno, f"{text} {reason}") from error
        if error.errno == errno.EACCES:
            text = checks.describe("port", port, "one that this user may have, from 1024 on")
        else:
            text = checks.describe("host", host, _HOSTS)
        raise OSError(error.errno, f"{text} {reason}") from error


@contextmanager
def _ctrl_c(stop: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C call `stop`: whenever it comes, there is one way to end."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _announce(lab: Lab, host: str, browser: bool) -> None:
    print(f"the lab is at {lab.link}")
    if not _is_loopback(host):
        print(
            f"others can reach it at {host}: whoever has the link can run the lab's models on this "
            "machine, and see its images; the connection is not encrypted, the link in it neither"
        )
    print("Ctrl-C ends it", flush=True)
    if browser and not _opened(lab.link):
        print("no browser could be opened: open the link in one", flush=True)


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host.lower() == "localhost"


def _opened(link: str) -> bool:
    """Open a browser in a window of its own; one for terminals would take over this one."""
    try:
        controller = webbrowser.get()
    except webbrowser.Error:
        return False
    if type(controller) is webbrowser.GenericBrowser:
        return False
    # It may wait for the browser, and the browser for the lab.
    threading.Thread(target=controller.open, args=(link,), daemon=True).start()
    return True
