"""The policy a node begins with: in writing, commented, as open as a node without a policy was."""

from __future__ import annotations

from collections.abc import Mapping

TEXT = """\
# What may leave this node. Change it with `detente policy propose`: two persons sign each new version.
# Every key: docs/reference/release-policy.md
policy: 1
node: {node}
slot: 0s                       # 0s: sent at once; 60s: sent at the full minute, so that nobody sees when it was approved
{agencies}
# These wait for no quorum, no slot and no agency. `stop` always does so, whatever stands here.
standing:
  stop: [stop, stop_acknowledgement, stop_acted, stop_answer, lifting_of_stop]
  receipts: [received, receipt]
  safety: [air_notice, flight_notice, voiding_of_notice, change_of_plan, site_entry, site_removal, line_test, revoke]
  movements: [movement, convoy_notice]
# What no rule names does not leave. This one rule lets everything leave that the release key signs: it is there so that
# the agreement can be drafted and adopted. Put narrower ones in its place before anything is shared.
release:
- {{rule: as-signed, say: all, to: all}}
"""


def first_policy(node: str, keys: Mapping[str, bytes]) -> bytes:
    """The bytes of a node's first policy. `keys`: the public keys of the persons who may change it (none: nobody may)."""
    if keys:
        lines = ["# Whose keys approve, and whose change this file (any two of them).", "agencies:"]
        lines += [f"  {code}: {{key: {key.hex()}}}" for code, key in keys.items()]
        lines.append(f"two_persons: [{', '.join(keys)}]")
    else:
        lines = [
            "# Made before nodes had policies: nobody can change it until `detente policy begin` was run.",
            "two_persons: []",
        ]
    return TEXT.format(node=node, agencies="\n".join(lines)).encode()
