"""A web process stays light: what only reads and checks files is loaded in the child that does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from ckan.common import config

HEAVY = ("pandas", "pyarrow", "frictionless", "openpyxl", "python_calamine", "vl_convert", "xlsxwriter")
PROGRAM = """
import json, sys
from ckan.cli import load_config
from ckan.config.middleware import make_app
make_app(load_config(sys.argv[1]))
print(json.dumps([name for name in sys.argv[2:] if name in sys.modules]))
"""


def test_the_portal_starts_without_the_engine():
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, config["__file__"], *HEAVY]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert json.loads(done.stdout.splitlines()[-1]) == []
