"""Stock CKAN as gunicorn runs it: none of our plugins, templates or settings; only its search asks PostgreSQL, as ours does.

CKAN cannot search without Solr. Where the portal is measured beside it, both have the same search, so that what differs is
what the portal adds and leaves out.
"""

from __future__ import annotations

import os

from ckanext.haugiang.adapters import search


def loaded(ini=None):
    """CKAN's application, with no connection that a forked process could share."""
    search.install()
    from ckan import model
    from ckan.cli import load_config
    from ckan.config.middleware import make_app

    application = make_app(load_config(ini or os.environ["CKAN_INI"]))
    model.Session.remove()
    model.meta.engine.dispose()
    return application
