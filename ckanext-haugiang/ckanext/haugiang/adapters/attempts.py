"""Counts attempts that failed, in Redis, so that nobody can try passwords without end; CKAN counts none.

The count is of a name at an address, and, more generously, of a name from anywhere: the first stops one who guesses, the
second many who guess together, and a steward at another address is not locked out by the first.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

import ckan.plugins.toolkit as tk
from ckan.lib.redis import connect_to_redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attempts:
    """Attempts of one kind.

    Attributes:
        kind: What is tried.
        at_one: How many of a name may fail from one address within the time.
        anywhere: How many of a name may fail from all addresses together.
        seconds: After so long without one all are forgotten.
    """

    kind: str
    at_one: int = 10
    anywhere: int = 100
    seconds: int = 900

    def wait(self, name: str, address: str) -> int:
        """Seconds that the next attempt must wait; without Redis none."""
        keys, limits = self._keys(name, address), (self.at_one, self.anywhere)
        try:
            pipe = connect_to_redis().pipeline()
            for key in keys:
                pipe.get(key).ttl(key)
            found = pipe.execute()
        except (RedisError, OSError):
            log.warning("attempts cannot be counted: Redis does not answer")
            return 0
        counts, left = found[::2], found[1::2]
        return max(
            (
                max(seconds, 1)
                for count, seconds, limit in zip(counts, left, limits, strict=True)
                if int(count or 0) >= limit
            ),
            default=0,
        )

    def failed(self, name: str, address: str) -> None:
        """One failed."""
        try:
            pipe = connect_to_redis().pipeline()
            for key in self._keys(name, address):
                pipe.incr(key)
                pipe.expire(key, self.seconds)
            pipe.execute()
        except (RedisError, OSError):
            log.warning("attempts cannot be counted: Redis does not answer")

    def succeeded(self, name: str, address: str) -> None:
        """One did not: what that address tried before counts no more."""
        try:
            connect_to_redis().delete(self._keys(name, address)[0])
        except (RedisError, OSError):
            log.warning("attempts cannot be counted: Redis does not answer")

    def _keys(self, name: str, address: str) -> tuple[str, str]:
        """Names and addresses are people's: Redis holds their hashes only."""

        def key(*parts: str) -> str:
            digest = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
            return f"haugiang:{tk.config['ckan.site_id']}:attempts:{self.kind}:{digest}"

        name = name.strip().lower()[:200]
        return key(name, address), key(name)
