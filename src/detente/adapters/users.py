"""Two users for one node: who owns which of its files, so that the gateway's user cannot read the private folder.

the node's folder, node.toml, agreement, terms, shared/, roots   the house's, readable by the gateway's group
shared/shared.db                                                 the house's, writable by the gateway's group
shared/tls                                                       the gateway's alone
private/, run/                                                   the house's alone
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import NamedTuple

from detente.adapters.config import FILE, Config
from detente.errors import LocalError


class Account(NamedTuple):
    """A user of this machine and its own group."""

    name: str
    user: int
    group: int


def account(name: str, where: str) -> Account:
    """The user named in node.toml; LocalError(config-invalid) if there is none."""
    try:
        found = pwd.getpwnam(name)
    except KeyError as error:
        raise LocalError(
            "config-invalid", f"no user {name!r} on this machine; name both users or none", where=where
        ) from error
    return Account(name, found.pw_uid, found.pw_gid)


def share_out(config: Config, house: Account, gateway: Account) -> None:
    """Give every file of the node to its user. Needs root; LocalError(config-invalid) otherwise."""
    if os.geteuid() != 0:
        raise LocalError("config-invalid", "only root can run a node under two users", where="users")
    if house.user == gateway.user or 0 in (house.user, gateway.user) or house.group == gateway.group:
        raise LocalError(
            "config-invalid", "house and gateway need two users with groups of their own, not root", where="users"
        )
    _give(config.folder, house.user, gateway.group, 0o750)
    for path in (config.folder / FILE, config.agreement_path, config.terms_path):
        _give(path, house.user, gateway.group, 0o640)
    config.control.parent.mkdir(exist_ok=True)
    _give_all(config.private, house.user, house.group, 0o700, 0o600)
    _give_all(config.control.parent, house.user, house.group, 0o700, 0o600)
    _give_all(config.shared / "roots", house.user, gateway.group, 0o750, 0o640)
    _give_all(config.shared / "tls", gateway.user, gateway.group, 0o700, 0o600)
    _give(
        config.shared, house.user, gateway.group, 0o2770
    )  # setgid: what either makes here belongs to the common group
    config.shared_db.touch()  # SQLite would not let the group write; its other files follow this one
    for path in config.shared.glob("shared.db*"):
        _give(path, house.user, gateway.group, 0o660)


def _give(path: Path, user: int, group: int, mode: int) -> None:
    os.chown(path, user, group, follow_symlinks=False)
    if not path.is_symlink():
        os.chmod(path, mode)


def _give_all(folder: Path, user: int, group: int, folder_mode: int, file_mode: int) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.exists():
            _give(path, user, group, folder_mode if path.is_dir() and not path.is_symlink() else file_mode)
