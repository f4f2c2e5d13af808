"""The one error of this package; the adapter turns it into the error that CKAN expects of Solr."""

from __future__ import annotations


class SearchRefused(Exception):  # noqa: N818 - a refusal is what it is
    """A query, a parameter or a document that cannot be served; the message says what to change."""
