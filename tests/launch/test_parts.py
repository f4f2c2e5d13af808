"""The parts of the start that need no portal."""

from __future__ import annotations

import configparser
import io
import json
import os
import stat
import tarfile
from pathlib import Path

import pytest

from ckanext.haugiang.launch import backup
from ckanext.haugiang.launch.home import Home, LaunchError
from ckanext.haugiang.launch.ini import write_ini
from ckanext.haugiang.launch.postgres import Postgres
from ckanext.haugiang.launch.redis import Redis
from ckanext.haugiang.launch.settings import VARIABLES, read_settings
from ckanext.haugiang.launch.supervisor import LOG_SIZE, rotate

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "Cổng dữ liệu")


def written(home, **settings):
    """What CKAN reads of a configuration."""
    secrets = home.secrets()
    chosen = read_settings({f"HAUGIANG_{name}": value for name, value in settings.items()}, home.path)
    postgres, redis = Postgres(home.postgres, home.sockets(), secrets), Redis(home.redis, home.sockets(), secrets)
    write_ini(home, chosen, secrets, postgres, redis)
    parser = configparser.ConfigParser()
    parser.optionxform = str
    parser.read(home.ini, "utf-8")
    return dict(parser["app:main"])


def test_secrets_are_made_once_and_differ_between_installations(tmp_path):
    one, other = Home(tmp_path / "1"), Home(tmp_path / "2")
    assert one.secrets() == one.secrets()
    assert not set(one.secrets().values()) & set(other.secrets().values())
    assert len(set(one.secrets().values())) == len(one.secrets())
    assert stat.S_IMODE((one.path / "secrets.json").stat().st_mode) == 0o600
    assert one.installation() != other.installation()


def test_sockets_have_a_short_private_folder(tmp_path):
    home = Home(tmp_path / ("Cổng dữ liệu mở tỉnh Hậu Giang " * 4).strip())
    folder = home.sockets()
    assert len(os.fsencode(folder / ".s.PGSQL.5432.lock")) < 100
    assert home.sockets() == folder
    folder.chmod(0o755)  # somebody opened it: it is not used any more
    assert home.sockets() != folder


def test_one_part_after_the_other_can_be_replaced(home):
    ours = written(home)
    assert ours["solr_url"] == "pgsearch://"
    assert str(home.sockets()) in ours["sqlalchemy.url"]
    theirs = {
        "DATABASE_URL": "postgresql://a:p%20%25@db.example/ckan",
        "DATASTORE_WRITE_URL": "postgresql://w:p@db.example/ds",
        "DATASTORE_READ_URL": "postgresql://r:p@db.example/ds",
        "REDIS_URL": "redis://cache.example:6379/3",
        "SOLR_URL": "http://solr.example/solr/ckan",
    }
    options = ("sqlalchemy.url", "ckan.datastore.write_url", "ckan.datastore.read_url", "ckan.redis.url", "solr_url")
    for (name, value), option in zip(theirs.items(), options, strict=True):
        if name.startswith("DATASTORE"):
            found = written(home, **{key: url for key, url in theirs.items() if key.startswith("DATASTORE")})
        else:
            found = written(home, **{name: value})
        assert found[option] == value
        changed = {key for key in options if found[key] != ours[key]}
        assert changed == ({options[1], options[2]} if name.startswith("DATASTORE") else {option})


def test_the_configuration_is_private_and_safe(home):
    found = written(home, SITE_URL="https://dulieu.example")
    assert stat.S_IMODE(home.ini.stat().st_mode) == 0o600
    assert found["SESSION_COOKIE_SECURE"] == found["REMEMBER_COOKIE_SECURE"] == "true"
    assert found["ckan.auth.create_user_via_web"] == found["ckan.csrf_protection.ignore_extensions"] == "false"
    assert found["ckan.datastore.sqlsearch.enabled"] == "false"
    assert found["ckan.max_resource_size"] == "500"
    assert found["ckan.datastore.default_fts_lang"] == "simple"
    assert found["SECRET_KEY"] == home.secrets()["secret_key"]
    licences = json.loads(Path(found["licenses_group_url"].removeprefix("file://")).read_text("utf-8"))
    assert licences


def test_mail_is_a_setting(home):
    assert "smtp.server" not in written(home)
    found = written(home, SMTP_SERVER="mail.example:587", SMTP_FROM="portal@example.org", SMTP_PASSWORD="50%")
    assert (found["smtp.server"], found["smtp.starttls"], found["smtp.password"]) == ("mail.example:587", "true", "50%")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"PORT": "http"}, "HAUGIANG_PORT is 'http'"),
        ({"PORT": "70000"}, "from 1 to 65535"),
        ({"REDIS_URL": "localhost:6379"}, "HAUGIANG_REDIS_URL must begin with redis://"),
        ({"DATASTORE_WRITE_URL": "postgresql://w@h/d"}, "belong together"),
        ({"DATASTORE_WRITE_URL": "postgresql://w@h/d", "DATASTORE_READ_URL": "postgresql://w@h/d"}, "only reads"),
        (
            {
                "DATABASE_URL": "postgresql://o@h/d",
                "DATASTORE_WRITE_URL": "postgresql://w@h:5432/d",
                "DATASTORE_READ_URL": "postgresql://r@h/d",
            },
            "two databases",
        ),
        ({"WORKER": "3"}, "did you mean HAUGIANG_WORKERS?"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_line(home, settings, words):
    with pytest.raises(LaunchError) as caught:
        read_settings({f"HAUGIANG_{name}": value for name, value in settings.items()}, home.path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_settings_file_stands_behind_the_environment(home):
    (home.path / "settings").write_text("HAUGIANG_PORT=8000\nHAUGIANG_HOST=0.0.0.0\n", "utf-8")
    settings = read_settings({"HAUGIANG_PORT": "9000"}, home.path)
    assert (settings.port, settings.host, settings.local_url) == (9000, "0.0.0.0", "http://127.0.0.1:9000")
    (home.path / "settings").write_text("PORT 8000\n", "utf-8")
    with pytest.raises(LaunchError, match="line 1"):
        read_settings({}, home.path)


def test_ckans_settings_may_stand_in_the_file_but_not_those_of_the_installation(home):
    (home.path / "settings").write_text("ckanext.haugiang.attempts = 7\nckan.datasets_per_page=50\n", "utf-8")
    assert read_settings({}, home.path).ckan == {"ckanext.haugiang.attempts": "7", "ckan.datasets_per_page": "50"}
    (home.path / "settings").write_text("ckan.site_url = http://x\n", "utf-8")
    with pytest.raises(LaunchError, match=r"ckan\.site_url follows from"):
        read_settings({}, home.path)


def test_every_setting_is_described():
    assert all(len(text) > 10 and text.endswith(".") for text in VARIABLES.values())


def test_a_read_only_home_is_one_line(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(LaunchError, match="choose another HAUGIANG_HOME"):
        Home(tmp_path / "file" / "home")


def test_a_log_does_not_grow_for_ever(tmp_path):
    log = tmp_path / "web.log"
    with log.open("ab") as handle:  # a program keeps its file open
        for number in range(6):
            handle.write(bytes([65 + number]) * (LOG_SIZE + 1))
            handle.flush()
            rotate(log)
        handle.write(b"last")
    assert log.read_bytes() == b"last"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["web.log", "web.log.1", "web.log.2", "web.log.3"]
    assert (tmp_path / "web.log.1").read_bytes()[:1] == b"F"


@pytest.mark.parametrize(("name", "kind"), [("../out", tarfile.REGTYPE), ("/out", tarfile.REGTYPE), ("in", tarfile.SYMTYPE)])
def test_a_backup_that_reaches_out_of_its_folder_is_refused(tmp_path, name, kind):
    """Python 3.11.2 has no extraction filter, so we look at each member."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    with tarfile.open(tmp_path / "bad.tar", "w") as archive:
        archive.addfile(member, io.BytesIO())
    (tmp_path / "new").mkdir()
    with pytest.raises(LaunchError, match="not a complete backup"):
        backup._unpack(str(tmp_path / "bad.tar"), tmp_path / "new")
    assert not (tmp_path / "out").exists()
