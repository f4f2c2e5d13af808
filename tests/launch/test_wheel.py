"""The project's wheel holds what it needs and works without the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "ckanext-haugiang" / "ckanext" / "haugiang"
UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy, as a person would: `pip wheel .`."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    ignore = shutil.ignore_patterns(".git", ".venv*", ".cache", ".portal", "__pycache__", "*.egg-info", "build", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=ignore)
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), "."], cwd=copy, check=True)
    return next(folder.glob("ckanext_haugiang-*.whl"))


def test_it_holds_every_file_of_the_project_and_no_other(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "ckanext-haugiang", "schemas"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    code = {name.removeprefix("ckanext-haugiang/") for name in tracked if name.startswith("ckanext-haugiang/")}
    data = {f"ckanext/haugiang/{name}" for name in tracked if name.startswith("schemas/")}
    expected = (code | data) - {"ckanext/__init__.py"}  # CKAN's wheel has it, two wheels may not bring one file
    assert names == expected


@pytest.fixture(scope="module")
def outside(wheel, tmp_path_factory):
    """A virtual environment far from the checkout, with the locked packages and the wheel."""
    folder = tmp_path_factory.mktemp("outside")
    environ = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}

    def uv(*words):
        subprocess.run([str(UV), *words], cwd=folder, env=environ, check=True)

    uv("venv", "-q", "--python", sys.executable, str(folder / "venv"))
    python = str(folder / "venv" / "bin" / "python")
    locked, build = (str(ROOT / "requirements" / name) for name in ("portal.txt", "build.txt"))
    uv("pip", "sync", "-q", "--python", python, "--require-hashes", "--build-constraint", build, locked)
    uv("pip", "install", "-q", "--python", python, "--no-deps", str(wheel))
    return folder / "venv" / "bin", folder, environ


def test_it_serves_a_schema_without_the_checkout(outside):
    programs, folder, environ = outside
    code = (
        "from ckanext.haugiang.adapters.package_data import catalogue; import ckanext.haugiang as h; "
        "c = catalogue(); print(h.__file__); print(c.get('agri_annual_crop_season').ref)"
    )
    result = subprocess.run(
        [programs / "python", "-c", code], cwd=folder, env=environ, capture_output=True, text=True, check=True
    )
    where, ref = result.stdout.split()
    assert str(folder) in where
    assert ref.startswith("agri_annual_crop_season@")


def test_its_command_line_answers(outside):
    programs, folder, environ = outside
    result = subprocess.run(
        [programs / "haugiang", "--help"], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "validate" in result.stdout


def test_its_plugin_loads_and_serves_a_schema_in_ckan(outside):
    """CKAN with the portal's plugin, on services of the test's own, asked through the action API."""
    programs, folder, environ = outside
    (folder / "ask.py").write_text(
        "import os\n"
        "from ckan.cli import load_config\n"
        "from ckan.config.middleware import make_app\n"
        "from ckan.plugins import toolkit\n"
        "app = make_app(load_config(os.environ['CKAN_INI']))._wsgi_app\n"
        "with app.test_request_context():\n"
        "    found = toolkit.get_action('haugiang_schema_show')({'ignore_auth': True}, {'ref': 'agri_annual_crop_season'})\n"
        "print(sorted(found), 'agri_annual_crop_season' in str(found))\n",
        "utf-8",
    )
    shutil.copy(ROOT / "test.ini", folder / "test.ini")
    command = [
        programs / "python",
        "-m",
        "ckanext.haugiang.launch",
        "services",
        "--",
        programs / "python",
        folder / "ask.py",
    ]
    result = subprocess.run(
        command,
        cwd=folder,
        env=environ | {"CKAN_INI": str(folder / "test.ini")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip().endswith("True")
