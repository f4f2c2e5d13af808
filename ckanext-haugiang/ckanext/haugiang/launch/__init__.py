"""The one-command start: installs, starts, watches, saves and restores the portal.

``bootstrap.py`` runs under any Python 3.8 or newer before anything is installed. It makes the virtual environment and
hands over to ``python -m ckanext.haugiang.launch``, which starts CKAN's processes and never imports CKAN.
Everything here needs the standard library alone.
"""
