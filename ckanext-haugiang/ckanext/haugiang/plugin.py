"""Wires the portal into CKAN. No decision on data is taken here."""

from __future__ import annotations

from typing import Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckan.lib.plugins import DefaultTranslation
from flask import Blueprint

from ckanext.haugiang import config as settings
from ckanext.haugiang import health, views
from ckanext.haugiang.adapters import changes, queue, scheming, search
from ckanext.haugiang.adapters.attempts import Attempts
from ckanext.haugiang.adapters.uploader import ResourceUploader
from ckanext.haugiang.logic import datasets, internal, metadata_validators
from ckanext.haugiang.views import caching, downloads, protection

# At import, because CKAN builds its connection to the search before any plugin is configured.
search.install()


@tk.blanket.actions
@tk.blanket.auth_functions
@tk.blanket.cli
@tk.blanket.config_declarations
@tk.blanket.helpers
@tk.blanket.validators(metadata_validators.validators)
class HauGiangPlugin(p.SingletonPlugin, DefaultTranslation):
    """The Hậu Giang open data portal."""

    p.implements(p.IPluginObserver, inherit=True)
    p.implements(p.IConfigurer, inherit=True)
    p.implements(p.IConfigurable)
    p.implements(p.ITranslation)
    p.implements(p.IPackageController, inherit=True)
    p.implements(p.IUploader, inherit=True)
    p.implements(p.IBlueprint)
    p.implements(p.IMiddleware, inherit=True)
    p.implements(p.ISignal)

    def after_load(self, service: Any) -> None:
        """Name the forms of the sectors; scheming, which stands behind us, reads its settings before we are asked."""
        if service is self:
            scheming.configure(tk.config)

    def update_config(self, config: Any) -> None:
        """Templates and files of ours before CKAN's, and settings the portal needs."""
        tk.add_template_directory(config, "templates")
        tk.add_public_directory(config, "public")
        settings.prefer(config)

    def configure(self, config: Any) -> None:
        """Follow CKAN's transactions, to wake workers after them."""
        queue.listen()

    def get_uploader(self, upload_to: str, old_filename: str | None) -> None:
        """Pictures of groups stay CKAN's business."""

    def get_resource_uploader(self, data_dict: dict[str, Any]) -> ResourceUploader:
        """Files of resources are stored by their hash."""
        return ResourceUploader(data_dict)

    def after_dataset_create(self, context: Any, pkg_dict: dict[str, Any]) -> None:
        """A dataset was created; its transaction is still open."""
        datasets.saved(context, pkg_dict["id"])

    def after_dataset_update(self, context: Any, pkg_dict: dict[str, Any]) -> None:
        """A dataset was changed; its transaction is still open."""
        datasets.saved(context, pkg_dict["id"])

    def after_dataset_delete(self, context: Any, pkg_dict: dict[str, Any]) -> None:
        """A dataset is being deleted; its transaction is still open."""
        datasets.deleted(pkg_dict["id"])

    def before_dataset_index(self, pkg_dict: dict[str, Any]) -> dict[str, Any]:
        """The index holds what the public may see."""
        internal.strip_index(pkg_dict)
        return pkg_dict

    def get_blueprint(self) -> list[Blueprint]:
        """`/health`, downloads, and the pages."""
        return [health.blueprint, downloads.files, *views.get_blueprints()]

    def make_middleware(self, app: Any, config: Any) -> Any:
        """Downloads and dumps are answered by our views, whatever the type of the dataset; pages of the public are kept."""
        downloads.replace_core_views(app)
        caching.install(app, changes.generation)
        protection.install(app, Attempts("sign-in"), Attempts("reset", at_one=5, anywhere=20))
        return app

    def get_signal_subscriptions(self) -> dict[Any, list[Any]]:
        """Pages that show rows learn when some are written into the DataStore."""
        listening = [{"sender": name, "receiver": changes.written} for name in changes.WRITING]
        return {tk.signals.action_succeeded: listening}
