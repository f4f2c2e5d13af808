"""The embedded Redis: a queue and a cache on a private socket. Nothing in it is the only copy."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ckanext.haugiang.launch.wheels import program


@dataclass(frozen=True)
class Redis:
    """A Redis server of ours.

    Attributes:
        data: its folder.
        sockets: the folder of its socket.
        secrets: has its password. Who writes to this Redis can make the workers run code, as RQ's jobs are pickled.
        user: who runs it, when root starts it for a test.
    """

    data: Path
    sockets: Path
    secrets: Mapping[str, str]
    user: int | None = None

    @property
    def socket(self) -> Path:
        """Its only way in."""
        return self.sockets / "redis.sock"

    def url(self, database: int = 0) -> str:
        """An address for the Redis client."""
        return f"unix://:{quote(self.secrets['redis'], safe='')}@{self.socket}?db={database}"

    def prepare(self) -> None:
        """Write its configuration. Snapshots are renamed into place whole, so a killed server leaves a readable one."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        path = self.data / "redis.conf"
        path.touch(mode=0o600)
        path.write_text(
            f"port 0\nunixsocket {self.socket}\nunixsocketperm 700\nrequirepass {self.secrets['redis']}\n"
            "daemonize no\nprotected-mode yes\nsave 60 1\nappendonly no\nstop-writes-on-bgsave-error no\n"
            "dbfilename redis.rdb\nset-proc-title no\nloglevel warning\n",
            encoding="utf-8",
        )
        if self.user is not None:
            for owned in (self.data, path):
                os.chown(owned, self.user, -1)

    def command(self) -> list[str]:
        """The server in the foreground; it runs in its folder, whose name may hold any letter."""
        return [str(program("redis-server", everyone=self.user is not None)), "redis.conf"]

    def ready(self, _pid: int = 0) -> bool:
        """Whether it answers (that a password is wanted is an answer)."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(self.socket))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        return False
