"""Every kind of page, by a name for it; {rice}, {bad} stand for tables of the demonstration data."""

from __future__ import annotations

PUBLIC = {
    "home": "/",
    "list": "/dataset/",
    "search": "/dataset/?q=lua",
    "filtered": "/dataset/?q=l%C3%BAa&sector=agriculture&state=valid",
    "nothing": "/dataset/?q=lua&sector=health",
    "sectors": "/group/",
    "sector": "/group/agriculture",
    "departments": "/organization/",
    "department": "/organization/so-y-te",
    "dataset": "/dataset/lua-theo-vu-2025",
    "table": "{rice}",
    "table-filtered": "{rice}?f_vu=DX&sort=dt_gieo_trong+desc",
    "table-invalid": "{bad}",
    "report": "{bad}/report",
    "report-kind": "{bad}/report?kind=type-error",
    "report-valid": "{rice}/report",
    "schemas": "/schema",
    "schema": "/schema/agri_annual_crop_season/1.0.0",
    "about": "/about",
    "terms": "/terms",
    "privacy": "/privacy",
    "contact": "/contact",
    "accessibility": "/accessibility",
    "guide": "/guide",
    "api": "/api-guide",
    "sign-in": "/user/login",
    "forgotten": "/user/reset",
    "missing": "/khong-co-trang-nay",
    "refused": "/dataset/new",
}
STEWARD = {
    "my": "/my",
    "upload": "/upload",
    "upload-to": "{rice}/upload?new=",
    "progress": "{rice}/upload",
    "new": "/dataset/new",
    "form": "/agriculture/new",
    "table-form": "/dataset/lua-theo-vu-2025/resource/new",
    "profile": "/user/edit",
}
STATUS = {"missing": 404, "refused": 403}


def address(name: str, tables: dict[str, str]) -> str:
    """The address of a page."""
    rice, bad = tables["lua-theo-vu-2025"], tables["rau-mau-theo-vu-2025"]
    return (PUBLIC | STEWARD)[name].replace("{rice}", rice).replace("{bad}", bad)
