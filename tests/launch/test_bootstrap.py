"""What is said on a machine that cannot run the portal, and by which Python it is installed."""

from __future__ import annotations

import ast
import importlib.util
import platform
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "ckanext-haugiang/ckanext/haugiang/launch/bootstrap.py"


@pytest.fixture
def bootstrap():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("bootstrap", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def place(bootstrap, tmp_path):
    """An ordinary user's installation in a folder of its own."""
    found = bootstrap.Place(True, "portal")
    found.program, found.venv = tmp_path, tmp_path / "venv"
    found.python = found.venv / "bin" / "python"
    return found


def test_it_can_be_read_by_an_old_python():
    ast.parse(SOURCE.read_text("utf-8"), feature_version=(3, 8))


def test_this_machine_will_do(bootstrap):
    assert bootstrap.machine_problem() == ""


@pytest.mark.parametrize(("system", "machine"), [("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")])
def test_another_machine_is_one_line(bootstrap, monkeypatch, system, machine):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    words = bootstrap.machine_problem()
    assert "x86-64 Linux" in words
    assert "\n" not in words


@pytest.mark.parametrize("libc", [("", ""), ("glibc", "2.17")])
def test_another_libc_is_one_line(bootstrap, monkeypatch, libc):
    monkeypatch.setattr(platform, "libc_ver", lambda: libc)
    assert "glibc 2.28 or newer is needed" in bootstrap.machine_problem()


def test_without_a_usable_python_or_a_download_one_line_says_what_to_do(bootstrap, monkeypatch, place):
    monkeypatch.setattr(bootstrap, "new_venv", lambda *_: None)
    monkeypatch.setattr(bootstrap, "pip_uv", lambda *_: None)

    def no_network(*_):
        raise bootstrap.RefusalError("uv failed")

    monkeypatch.setattr(bootstrap, "run", no_network)
    with pytest.raises(bootstrap.RefusalError) as caught:
        bootstrap.fetch_python(place)
    assert "Python 3.11 or 3.12 is needed" in str(caught.value)
    assert "make up PYTHON=/path" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_python_without_venv_is_one_line_with_the_package(bootstrap, tmp_path):
    broken = tmp_path / "python3.11"
    broken.write_text('#!/bin/sh\n[ "$1" = -c ] && echo 3.11 && exit 0\necho no ensurepip >&2; exit 1\n', "utf-8")
    broken.chmod(0o755)
    with pytest.raises(bootstrap.RefusalError, match=r"apt-get install python3\.11-venv"):
        bootstrap.new_venv(str(broken), tmp_path / "venv")


def test_the_named_python_comes_first_and_a_wrong_one_is_passed_over(bootstrap, monkeypatch, tmp_path, place):
    for name, version in (("old", "3.9"), ("good", "3.12")):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\necho {version}\n", "utf-8")
        script.chmod(0o755)
    monkeypatch.setenv("PYTHON", str(tmp_path / "good"))
    assert bootstrap.choose_python(place) == str(tmp_path / "good")
    monkeypatch.setenv("PYTHON", str(tmp_path / "old"))
    assert bootstrap.choose_python(place) not in (None, str(tmp_path / "old"))


def test_what_others_cannot_reach_is_known(bootstrap, tmp_path):
    assert bootstrap.reachable(Path("/usr/bin"))
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert not bootstrap.reachable(closed)
    assert not bootstrap.reachable(closed / ".")


def test_any_change_of_the_code_is_seen(bootstrap, monkeypatch, tmp_path):
    for name in bootstrap.SOURCES:
        path = tmp_path / name
        path.mkdir() if "." not in name else path.write_text("x", "utf-8")
    (tmp_path / "requirements").mkdir()
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    seen = {bootstrap.source_hash()}
    for change in ("schemas/new.csv", "ckanext-haugiang/new.py", "requirements/portal.txt"):
        (tmp_path / change).write_text("1", "utf-8")
        seen.add(bootstrap.source_hash())
    assert len(seen) == 4
    cached = tmp_path / "schemas" / "__pycache__"
    cached.mkdir()
    (cached / "x.pyc").write_text("1", "utf-8")
    assert bootstrap.source_hash() in seen
