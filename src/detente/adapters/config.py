"""A node's folder and its node.toml: strict, every path inside the folder.

node.toml            this file
agreement.yaml, terms.yaml
shared/              opened by the gateway: shared.db, roots/, tls/<peer>/
private/             opened by the house only: private.db, store.key, highwater.json
run/                 control.sock
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from detente.errors import GivenError, LocalError
from detente.model.terms import Terms, read_terms
from detente.model.when import read_instant, write_instant

FILE = "node.toml"
_CODE = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_TOP = {"code", "clock", "scenario_start", "agreement", "terms", "peers", "limits", "lists", "users", "alert", "web"}


@dataclass(frozen=True)
class Peer:
    """Where we listen for one peer, and where it listens for us."""

    code: str
    host: str
    port: int
    url: str


@dataclass(frozen=True)
class Config:
    """A node as configured. `clock` is wall or scenario (then `scenario_start` is its first instant, ms); `max_pages`
    bounds the shared store (0: the disk does); `most_per_day` bounds our own nominations in 24 hours (0: nothing does); `alert`: a
    command the house runs when a STOP is raised and carried on; `web` is where the pages are served on loopback ("": nowhere),
    `zone` the theatre's own clock on them (IANA)."""

    folder: Path
    code: str
    clock: str
    agreement_path: Path
    terms_path: Path
    peers: dict[str, Peer] = field(default_factory=dict)
    scenario_start: int = 0
    max_pages: int = 0
    most_per_day: int = 50
    gateway_user: str = ""
    house_user: str = ""
    alert: tuple[str, ...] = ()
    web: str = ""
    zone: str = ""

    @property
    def shared(self) -> Path:
        return self.folder / "shared"

    @property
    def private(self) -> Path:
        return self.folder / "private"

    @property
    def shared_db(self) -> Path:
        return self.shared / "shared.db"

    @property
    def control(self) -> Path:
        return self.folder / "run" / "control.sock"

    def tls(self, peer: str) -> Path:
        return self.shared / "tls" / peer

    def root_path(self, code: str) -> Path:
        return self.shared / "roots" / f"{code}.json"

    def agreement(self) -> bytes:
        """The raw agreement file."""
        return read_file(self.agreement_path)

    def terms_bytes(self) -> bytes:
        """The raw terms file."""
        return read_file(self.terms_path)

    def terms(self) -> Terms:
        """The terms as read; LocalError(config-invalid) if this node is not in them."""
        terms = read_terms(self.terms_bytes(), str(self.terms_path.name))
        if self.code not in terms.participants:
            known = ", ".join(terms.participants)
            what = f"code {self.code!r} is not among the participants of the terms: {known}"
            raise LocalError("config-invalid", what, where=str(self.folder / FILE))
        return terms

    def roots(self, terms: Terms) -> dict[str, bytes]:
        """First root document of every participant of whom we have one."""
        paths = {code: self.root_path(code) for code in terms.participants}
        return {code: path.read_bytes() for code, path in paths.items() if path.exists()}


def read_file(path: Path) -> bytes:
    """The file's bytes; LocalError(file-unreadable) otherwise."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise LocalError("file-unreadable", f"cannot be read: {error.strerror}", where=str(path)) from error


def given_file(path: Path) -> bytes:
    """The bytes of a file that an operator named; GivenError(file-unreadable) otherwise: it is no fault of the node's."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise GivenError("file-unreadable", f"cannot be read: {error.strerror}", where=str(path)) from error


def load_config(path: Path) -> Config:
    """Read node.toml (or the folder that holds it); LocalError(config-invalid) naming the key."""
    path = path / FILE if path.is_dir() else path
    return read_config(read_file(path), path)


def read_config(data: bytes, path: Path) -> Config:
    """The configuration in the bytes of the node.toml at `path`; LocalError(config-invalid) naming the key."""
    try:
        raw = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LocalError("config-invalid", str(error), where=str(path)) from error
    _only(raw, _TOP, str(path))
    clock = raw.get("clock", "wall")
    if clock not in ("wall", "scenario"):
        raise LocalError("config-invalid", f"clock {clock!r} is neither wall nor scenario", where=str(path))
    start = raw.get("scenario_start")
    if (clock == "scenario") != (start is not None):
        raise LocalError(
            "config-invalid", "scenario_start goes with clock = scenario, and only with it", where=str(path)
        )
    folder = path.parent.resolve()
    users = raw.get("users", {})
    limits = raw.get("limits", {})
    _only(users, {"gateway", "house"}, f"{path} users")
    _only(limits, {"shared_pages"}, f"{path} limits")
    code = raw.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise LocalError("config-invalid", "code is missing, or not of small letters and digits", where=f"{path} code")
    peers = raw.get("peers", {})
    if not isinstance(peers, dict):
        raise LocalError("config-invalid", "must be one table for each peer", where=f"{path} peers")
    pages = _number(limits.get("shared_pages", 0), "pages", f"{path} limits.shared_pages")
    lists = raw.get("lists", {})
    _only(lists, {"most_per_day"}, f"{path} lists")
    alert = raw.get("alert", [])
    if not isinstance(alert, list) or not all(isinstance(each, str) and each for each in alert):
        raise LocalError(
            "config-invalid", "must be a list of texts: a command and its arguments", where=f"{path} alert"
        )
    most = _number(lists.get("most_per_day", 50), "nominations", f"{path} lists.most_per_day")
    return Config(
        folder=folder,
        code=code,
        clock=clock,
        agreement_path=_inside(folder, raw.get("agreement", "agreement.yaml"), f"{path} agreement"),
        terms_path=_inside(folder, raw.get("terms", "terms.yaml"), f"{path} terms"),
        peers={name: _peer(name, item, code, f"{path} peers.{name}") for name, item in peers.items()},
        scenario_start=read_instant(str(start), f"{path} scenario_start") if start is not None else 0,
        max_pages=pages,
        most_per_day=most,
        gateway_user=str(users.get("gateway", "")),
        house_user=str(users.get("house", "")),
        alert=tuple(alert),
        web=_web(raw.get("web", {}), f"{path} web"),
        zone=_zone(raw.get("web", {}), f"{path} web.zone"),
    )


def _web(raw: Any, where: str) -> str:
    """Where the pages are served: loopback only, since what is signed in there goes without TLS."""
    _only(raw, {"listen", "zone"}, where)
    listen = raw.get("listen", "")
    host, _, port = str(listen).rpartition(":")
    if listen and (host not in ("127.0.0.1", "localhost", "[::1]") or not port.isdigit() or not 0 < int(port) < 65536):
        what = f"{listen!r} is not host:port on loopback (127.0.0.1, localhost or [::1])"
        raise LocalError("config-invalid", what, where=f"{where}.listen")
    return str(listen)


def _zone(raw: Any, where: str) -> str:
    zone = str(raw.get("zone", ""))
    try:
        return zone and ZoneInfo(zone).key
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:
        raise LocalError("config-invalid", f"{zone!r} is no time zone, like Asia/Damascus", where=where) from error


def _number(raw: Any, of: str, where: str) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or raw < 0:
        raise LocalError("config-invalid", f"{raw!r} is not a number of {of}", where=where)
    return raw


def _only(raw: Any, allowed: set[str], where: str) -> None:
    if not isinstance(raw, dict):
        raise LocalError("config-invalid", "must be a table", where=where)
    for key in raw:
        if key not in allowed:
            raise LocalError("config-invalid", f"unknown key {key!r}; known: {', '.join(sorted(allowed))}", where=where)


def _inside(folder: Path, raw: Any, where: str) -> Path:
    if not isinstance(raw, str) or not raw or Path(raw).is_absolute() or ".." in Path(raw).parts:
        raise LocalError("config-invalid", f"{raw!r} is not the name of a file in the node's folder", where=where)
    return folder / raw


def _peer(code: str, raw: Any, own: str, where: str) -> Peer:
    _only(raw, {"listen", "url"}, where)
    if not _CODE.fullmatch(code) or code == own:
        raise LocalError("config-invalid", f"{code!r} is not the code of another participant", where=where)
    host, _, port = str(raw.get("listen", "")).rpartition(":")
    url = str(raw.get("url", ""))
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise LocalError("config-invalid", "listen must be host:port", where=where)
    if not url.startswith("https://"):
        raise LocalError("config-invalid", "url must start with https://", where=where)
    return Peer(code, host, int(port), url.rstrip("/"))


def add_peer(config: Config, code: str, listen: str, url: str) -> None:
    """Add a peer to node.toml and leave the rest as it is; LocalError(config-invalid) if it does not fit."""
    path = config.folder / FILE
    if code in config.peers:
        raise LocalError("config-invalid", f"peer {code} is there already", where=f"{path} peers.{code}")
    try:
        peer = _peer(code, {"listen": listen, "url": url}, config.code, f"peer {code}")
    except LocalError as error:
        raise GivenError("config-invalid", error.what, where=error.where) from error
    data = read_file(path).rstrip() + "\n".join(["", *_peer_lines(peer), ""]).encode()
    read_config(data, path)
    _replace(path, data)


def _replace(path: Path, data: bytes) -> None:
    """Put other bytes in a file's place at once; a process of the node that is started again just now reads the old ones."""
    new, old = path.with_name(f"{path.name}.new"), path.stat()
    new.write_bytes(data)
    os.chmod(new, old.st_mode)
    os.chown(new, old.st_uid, old.st_gid)
    os.replace(new, path)


def _peer_lines(peer: Peer) -> list[str]:
    listen, url = (json.dumps(each, ensure_ascii=False) for each in (f"{peer.host}:{peer.port}", peer.url))
    return ["", f"[peers.{peer.code}]", f"listen = {listen}", f"url = {url}"]


def write_config(config: Config) -> None:
    """Write node.toml for a configuration."""
    lines = [
        f'code = "{config.code}"',
        f'clock = "{config.clock}"',
        *([f'scenario_start = "{write_instant(config.scenario_start)}"'] if config.clock == "scenario" else []),
        f'agreement = "{config.agreement_path.name}"',
        f'terms = "{config.terms_path.name}"',
        *([f"alert = {json.dumps(list(config.alert), ensure_ascii=False)}"] if config.alert else []),
    ]
    for peer in config.peers.values():
        lines += _peer_lines(peer)
    if config.max_pages:
        lines += ["", "[limits]", f"shared_pages = {config.max_pages}"]
    if config.gateway_user or config.house_user:
        lines += ["", "[users]", f'gateway = "{config.gateway_user}"', f'house = "{config.house_user}"']
    if config.web:
        zone = [f'zone = "{config.zone}"'] if config.zone else []
        lines += ["", "[web]", f'listen = "{config.web}"', *zone]
    (config.folder / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
