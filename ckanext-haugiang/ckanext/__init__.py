"""CKAN's own stub: makes ``ckanext`` one package over many folders, in an editable install too."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
