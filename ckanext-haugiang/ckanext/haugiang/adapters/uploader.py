"""CKAN's `IUploader` for files of resources: stored by hash, never over another file.

CKAN's own uploader renames the new file over the only path of the resource before the dataset is committed. Here the
content is stored first, under its hash; which content a resource has is a row written in the dataset's transaction. If that
fails, nothing has changed and the stored content is cleaned away later.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib import munge
from flask import g, has_request_context
from werkzeug.datastructures import FileStorage

from ckanext.haugiang import config
from ckanext.haugiang.adapters import arrivals, filetypes, resources, runs
from ckanext.haugiang.adapters.files import store
from ckanext.haugiang.core.errors import REASONS, HauGiangError, fill


def refused(error: HauGiangError) -> tk.ValidationError:
    """What an action raises about a file that was not taken: a sentence, and its code for programs.

    `views.protection` turns the status of the answer to 413 where the file was too large.
    """
    sentence = fill(tk._(REASONS[error.code]), error.params)
    if has_request_context() and error.code == "file-too-large":
        g.haugiang_too_large = True
    return tk.ValidationError({"upload": [sentence], "code": [error.code]}, {tk._("Upload"): sentence})


class ResourceUploader:
    """What CKAN asks for with each resource that is saved.

    Args:
        resource: The resource as it will be validated; changed in place, as CKAN's own uploader does.
    """

    def __init__(self, resource: dict[str, Any]) -> None:
        upload = resource.pop("upload", None)
        self.clear = bool(resource.pop("clear_upload", None))
        self._upload = upload if isinstance(upload, FileStorage) and upload.filename else None
        self.filename: str | None = None
        self.mimetype: str | None = None
        resource.pop("mimetype", None)
        if self._upload is not None:
            self._describe(resource, self._upload)
        elif self.clear:
            resource["url_type"] = ""

    def _describe(self, resource: dict[str, Any], upload: FileStorage) -> None:
        self.name = filetypes.clean_name(upload.filename or "")
        self.filename = munge.munge_filename(self.name)
        stream = upload.stream
        stream.seek(0)
        self.type = filetypes.of(stream.read(filetypes.HEAD), self.name)
        self.filesize = stream.seek(0, 2)
        stream.seek(0)
        self.mimetype = self.type.mimetype
        resource["url"] = self.filename
        resource["url_type"] = "upload"
        resource["format"] = self.type.format
        resource["size"] = self.filesize
        resource["last_modified"] = datetime.now(UTC).replace(tzinfo=None).isoformat()

    def get_path(self, id: str) -> str:  # noqa: A002 - CKAN's name
        """Path of the file that the public may have; of a name that does not exist if there is none."""
        found = resources.public_file(model.Session, id)
        return str(store().path(found["sha256"]) if found else store().root / "none")

    def upload(self, id: str, max_size: int = 10) -> None:  # noqa: A002 - CKAN's name
        """Store the file and say that it is the resource's, in CKAN's transaction.

        Args:
            id: The resource.
            max_size: Largest size in MB.

        Raises:
            ValidationError: if the file is too large or there is no room for it; the transaction is undone.
        """
        if self._upload is None:
            if self.clear:
                runs.forget_file(model.Session, id)
            return
        try:
            stored = store().put(self._upload.stream, min(max_size << 20, config.max_upload_bytes()))
        except HauGiangError as error:
            model.Session.rollback()
            raise refused(error) from error
        finally:
            self._upload.close()
        runs.set_file(
            model.Session,
            id,
            sha256=stored.sha256,
            name=self.name,
            size=stored.size,
            format=self.type.format,
            mimetype=self.type.mimetype,
        )
        resource = model.Session.get(model.Resource, id)
        if resource is not None:
            resources.stamp(model.Session, resource)
            arrivals.look(model.Session, resource, user_id=resources.user_id(), uploaded=True)
