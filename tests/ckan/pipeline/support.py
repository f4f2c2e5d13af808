"""What the tests of the pipeline share: datasets as the forms want them, files as stewards send them, workers in process."""

from __future__ import annotations

import io
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.tests import factories, helpers
from werkzeug.datastructures import FileStorage

from ckanext.haugiang.logic import pipeline
from ckanext.haugiang.model import run_table

RICE = "agri_annual_crop_season@1.0.0"
STATION = "env_station@1.0.0"
WATER = "env_surface_water@1.0.0"
AUTHORITY = "http://publications.europa.eu/resource/authority/"
HEADER = "ma_don_vi,ten_don_vi,phien_ban_dvhc,nam,vu,cay_trong,dt_gieo_trong,dt_thu_hoach,nang_suat,san_luong"


def rice(*areas: object, year: int = 2024) -> bytes:
    """A file of rice areas, one row each; what is no number is an error."""
    units = ("931", "930", "932", "933", "934", "935", "936", "937")
    seasons = ("DX", "HT", "TD", "MUA")
    rows = [
        f"{units[i // 4 % 8]},Đơn vị {i},2024,{year - i // 32},{seasons[i % 4]},LUA,{area},,,"
        for i, area in enumerate(areas)
    ]
    return ("\n".join([HEADER, *rows]) + "\n").encode()


STATIONS = (
    "ma_tram,ten_tram,loai,hinh_thuc,kinh_do,vi_do,ma_don_vi,phien_ban_dvhc\n"
    "NM01,Trạm Vị Thanh,nuoc_mat,dinh_ky,105.47,9.78,930,2024\n"
).encode()


def upload(content: bytes, name: str = "lua.csv") -> FileStorage:
    """A file as a request brings it."""
    return FileStorage(stream=io.BytesIO(content), filename=name)


def dataset(user: dict[str, Any], org: dict[str, Any], kind: str = "agriculture", **more: Any) -> dict[str, Any]:
    """Create a dataset of a sector with the mandatory metadata."""
    return act("package_create", user, **metadata(org, kind), **more)


def metadata(org: dict[str, Any], kind: str = "agriculture") -> dict[str, Any]:
    """What a form of a sector wants."""
    name = factories.Dataset.stub().name
    return {
        "type": kind,
        "name": name,
        "title": f"Diện tích lúa {name}",
        "notes": "Diện tích gieo trồng theo vụ.",
        "owner_org": org["id"],
        "creator": [{"name": "Sở Nông nghiệp"}],
        "contact": [{"name": "Chị Hạnh", "email": "hanh@example.org"}],
        "license_id": "CC-BY-4.0",
        "access_rights": AUTHORITY + "access-right/PUBLIC",
        "frequency": AUTHORITY + "frequency/ANNUAL",
        "temporal_coverage": [{"start": "2024-01-01", "end": "2024-12-31"}],
        "spatial_coverage": [{"text": "Hậu Giang", "code": "93", "version": "2024"}],
        "personal_data_check": "none",
        "review_due": _review(),
    }


def _review() -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC).date() + timedelta(days=90)).isoformat()


def act(action: str, user: dict[str, Any] | None, **data: Any) -> Any:
    """Call an action as somebody, with permissions."""
    model.Session.remove()
    name = user["name"] if user else ""
    person = model.User.get(name) if user else model.AnonymousUser()
    return helpers.call_action(action, {"user": name, "auth_user_obj": person, "ignore_auth": False}, **data)


def queued() -> list[str]:
    """Ids of the runs that wait, the oldest first."""
    model.Session.remove()
    query = sa.select(run_table.c.id).where(run_table.c.state == "queued").order_by(run_table.c.number)
    return list(model.Session.execute(query).scalars())


def work() -> None:
    """Do all runs that wait, in this process."""
    while waiting := queued():
        for run_id in waiting:
            pipeline.run(run_id)
    model.Session.remove()


def runs(resource_id: str) -> list[dict[str, Any]]:
    """All runs of a resource, the newest first."""
    model.Session.remove()
    r = run_table.c
    query = sa.select(run_table).where(r.resource_id == resource_id).order_by(r.number.desc())
    return [dict(row) for row in model.Session.execute(query).mappings()]


def table(resource_id: str, user: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Rows of the table in the DataStore."""
    found = act("datastore_search", user, resource_id=resource_id, limit=32000)
    return list(found["records"])
