"""The WSGI application for gunicorn: ``ckanext.haugiang.wsgi:application``, with CKAN_INI naming the configuration."""

from __future__ import annotations

import os

from ckan import model
from ckan.cli import load_config
from ckan.config.middleware import make_app

from ckanext.datastore.backend import postgres as datastore
from ckanext.haugiang.compression import Compressed

application = Compressed(make_app(load_config(os.environ["CKAN_INI"])))

# Gunicorn loads this module once and forks: two processes on one database connection would read each other's answers.
model.Session.remove()
model.meta.engine.dispose()
for engine in datastore._engines.values():
    engine.dispose()
