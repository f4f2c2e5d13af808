"""How long a start takes and what the portal weighs: `python tests/bench/start.py`, also a part of `make bench`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from portal import another

from ckanext.haugiang.launch.processes import memory, tree


def timed(portal) -> float:
    """Seconds of one `make up`."""
    began = time.monotonic()
    portal.up()
    return time.monotonic() - began


def main() -> None:
    """First start with the data, memory at rest, second start, start after a stop."""
    with another() as portal:
        del portal.settings["DATASETS"]
        print(f"first start, with data    {timed(portal):6.1f} s")
        print(f"start while it is up      {timed(portal):6.1f} s")
        portal.make("down")
        print(f"start after a stop        {timed(portal):6.1f} s")
        time.sleep(10)
        state = portal.state()
        for name, program in state["programs"].items():
            if program["pid"]:
                print(f"memory of {name:<15} {memory(tree(program['pid'])) / 2**20:6.0f} MB")
        print(f"memory of everything      {memory(tree(state['pid'])) / 2**20:6.0f} MB")


if __name__ == "__main__":
    main()
