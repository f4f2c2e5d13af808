"""From where a request comes, also when a proxy passes it on."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from flask import request

from ckanext.haugiang import config

__all__ = ["address", "behind"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def address() -> str:
    """The address of the visitor, as far as it can be believed."""
    return behind(request.remote_addr or "", request.headers.get("X-Forwarded-For", ""), config.trusted_proxies())


def behind(peer: str, forwarded: str, trusted: Sequence[config.Network]) -> str:
    """Who stands behind trusted proxies.

    Each proxy appends the address from which it was asked, so the list is read from its end, as long as the one who wrote an
    entry is trusted: whatever stands before was written by the visitor, who may write what he likes.

    Args:
        peer: The address that asks this server.
        forwarded: The header X-Forwarded-For.
        trusted: Networks of our own proxies.
    """
    believed = peer
    for entry in [*reversed(forwarded.split(",")), ""]:
        at = _address(believed)
        if at is None or not any(at in network for network in trusted):
            return believed
        named = _address(entry.strip())
        if named is None:
            return believed
        believed = str(named)
    return believed


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    # 127.0.0.1 at a socket of IPv6
    return getattr(found, "ipv4_mapped", None) or found
