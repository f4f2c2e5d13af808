"""The seam: which object CKAN gets for which address, that it can be taken out, and what CKAN's commands do with it."""

from __future__ import annotations

import ckan.lib.search as search
import pysolr
import pytest
from ckan import plugins
from ckan.cli.cli import ckan
from ckan.lib.search import common
from ckan.tests import factories

from ckanext.haugiang.adapters.search import PostgresSolr, database, install, uninstall
from ckanext.haugiang.adapters.search.shipped import schema

REAL = "http://127.0.0.1:9/solr/ckan"


def set_url(monkeypatch, url):
    """As the setting would, in CKAN 2.11 (a global) and in 2.12 (the configuration)."""
    settings = getattr(common, "SolrSettings", None)
    if settings is not None:
        monkeypatch.setattr(settings, "_url", url)
    monkeypatch.setitem(common.config, "solr_url", url)


def test_ckan_gets_ours():
    """The canary: if a new CKAN connects in another way, this fails first."""
    assert isinstance(search.make_connection(), PostgresSolr)
    assert isinstance(search.index.make_connection(), PostgresSolr)
    assert isinstance(search.query.make_connection(), PostgresSolr)


def test_ckan_checks_the_schema_that_it_ships():
    """The start-up check passes honestly, by the version of the shipped file."""
    assert search.check_solr_schema_version()
    assert schema().name.removeprefix("ckan-") in search.SUPPORTED_SCHEMA_VERSIONS


def test_an_http_address_is_still_solr(monkeypatch):
    """Solr stays a setting; nobody listens there, which only the real pysolr can find out."""
    set_url(monkeypatch, REAL)
    assert type(search.make_connection()).__module__ == "pysolr"
    assert not search.is_available()
    with pytest.raises(search.SolrConnectionError):
        search.query_for("package").run({"q": "*:*"})


def test_the_seam_can_be_taken_out():
    """And put in again, twice without harm."""
    uninstall()
    try:
        assert pysolr.Solr.__module__ == "pysolr"
        assert isinstance(pysolr.Solr, type)
        uninstall()
    finally:
        install()
    ours = pysolr.Solr
    install()
    assert pysolr.Solr is ours


def test_a_database_that_is_down_is_a_connection_error(monkeypatch):
    """CKAN shows its page for that; neither the address nor the password is told."""
    monkeypatch.setitem(common.config, "sqlalchemy.url", "postgresql://ckan:secret@127.0.0.1:9/ckan")
    with pytest.raises(search.SolrConnectionError):
        search.query_for("package").run({"q": "*:*"})
    with pytest.raises(pysolr.SolrError) as error:
        search.make_connection().search("*:*")
    assert "secret" not in str(error.value)
    assert "127.0.0.1" not in str(error.value)
    with pytest.raises(search.SearchIndexError):
        search.clear_all()
    database.dispose()


def test_what_pysolr_offers_and_we_do_not_is_refused(index):
    """Other extensions may call it."""
    for call in (index.more_like_this, index.suggest_terms, index.extract):
        with pytest.raises(pysolr.SolrError, match="not support"):
            call("x", "y")
    with pytest.raises(pysolr.SolrError, match="mlt"):
        index.search("*:*", search_handler="mlt")
    assert "OK" in index.ping()
    index.commit(waitSearcher=False)


@pytest.fixture
def commands(cli):
    """CKAN's commands; they load the plugins of test.ini, which the tests after them do not expect."""
    yield cli
    getattr(plugins, "unload_non_system_plugins", plugins.unload_all)()  # CKAN 2.11, 2.12


def test_commands_of_the_index(site, commands, capsys):
    """ckan search-index rebuild, clear and show; what "check" prints is asked of the function behind it."""
    owner = factories.Organization()["id"]
    names = [factories.Dataset(title="Lúa", owner_org=owner)["name"] for _ in range(3)]

    def run(*arguments):
        result = commands.invoke(ckan, ["search-index", *arguments])
        assert not result.exit_code, result.output
        return result.output

    def missing():
        capsys.readouterr()
        search.check()
        return capsys.readouterr().out.splitlines()[0]

    assert "not indexed = 0 out of 3" in run("check")
    run("clear", names[0])
    assert missing() == "Packages not indexed = 1 out of 3"
    run("rebuild", "-o")
    assert missing() == "Packages not indexed = 0 out of 3"
    search.clear_all()
    assert missing() == "Packages not indexed = 3 out of 3"
    run("rebuild")
    assert missing() == "Packages not indexed = 0 out of 3"
    search.rebuild(names[0])
    assert names[0] in run("show", names[0])
    assert search.query_for("package").run({"q": "lua"})["count"] == 3
