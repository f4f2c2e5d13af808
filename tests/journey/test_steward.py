"""A steward in the browser: upload, report, repair, publish; the old table is there until the new one is whole."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
import uuid

import pytest
from pages import STEWARD, address
from playwright.sync_api import expect
from test_public import check, visit

HEADER = "ma_don_vi,ten_don_vi,phien_ban_dvhc,nam,vu,cay_trong,dt_gieo_trong,dt_thu_hoach,nang_suat,san_luong"
AUTHORITY = "http://publications.europa.eu/resource/authority/"
PATIENCE = 90_000


def rice(*areas: object) -> bytes:
    """A file of rice areas, one row each."""
    units = ("931", "930", "932", "933", "934", "935", "936", "937")
    rows = [f"{units[i]},Đơn vị {i},2024,2024,DX,LUA,{area},,," for i, area in enumerate(areas)]
    return ("\n".join([HEADER, *rows]) + "\n").encode()


def act(portal, action: str, as_user: str = "", **data):
    """Call an action of the API and give its result."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": portal.token(as_user)} if as_user else {})
    request = urllib.request.Request(f"{portal.url}/api/3/action/{action}", json.dumps(data).encode(), headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        return json.load(answer)["result"]


@pytest.fixture
def own(portal):
    """A dataset for one test with a table that has no file yet; its address."""
    name = f"hanh-trinh-{uuid.uuid4().hex[:8]}"
    organization = act(portal, "organization_list_for_user", as_user="steward", permission="create_dataset")[0]
    package = act(
        portal, "package_create", as_user="steward", name=name, type="agriculture", title=f"Thử nộp tệp {name}",
        notes="Tập dữ liệu của bài thử.", owner_org=organization["id"], license_id="CC0-1.0",
        creator=[{"name": "Bài thử"}], contact=[{"name": "Bài thử", "email": "thu@example.org"}],
        access_rights=AUTHORITY + "access-right/PUBLIC", frequency=AUTHORITY + "frequency/ANNUAL",
        temporal_coverage=[{"start": "2024-01-01", "end": "2024-12-31"}],
        spatial_coverage=[{"text": "Hậu Giang", "code": "93", "version": "2024"}], personal_data_check="none",
        review_due="2027-01-31",
    )  # fmt: skip
    yield package
    act(portal, "package_delete", as_user="steward", id=package["id"])


def send(page, content: bytes, name: str) -> None:
    """Choose a file and send it."""
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})
    page.locator("main form button[type=submit]", has_text="Nộp").click()


def rows(portal, resource_id: str) -> list[float]:
    found = act(portal, "datastore_search", resource_id=resource_id, sort="dt_gieo_trong")
    return [record["dt_gieo_trong"] for record in found["records"]]


def test_the_whole_way(signed_in, portal, own):
    """Good file → valid and queryable; bad one over it → report with row and column, old table served; repaired → new."""
    page = signed_in
    made = act(
        portal,
        "resource_create",
        as_user="steward",
        package_id=own["id"],
        name="Lúa",
        url="",
        table_schema="agri_annual_crop_season@1.0.0",
    )
    table = f"/dataset/{own['name']}/resource/{made['id']}"

    visit(page, table + "/upload")
    send(page, rice(10, 20.5), "lua-1.csv")
    expect(page.locator(".hg-steps")).to_be_visible()
    expect(page.locator(".hg-notice.is-valid")).to_be_visible(timeout=PATIENCE)
    assert rows(portal, made["id"]) == [10, 20.5]

    page.get_by_role("link", name="Nộp tệp khác").click()
    send(page, rice(11, "21 ha", 30), "lua-2.csv")
    expect(page.locator(".hg-notice.is-error")).to_be_visible(timeout=PATIENCE)
    assert rows(portal, made["id"]) == [10, 20.5]
    page.locator(".hg-notice a.btn-primary").click()
    expect(page.locator(".hg-issue .where")).to_have_text(re.compile("G3"))
    expect(page.locator("td.bad")).to_have_text("21 ha")
    expect(page.locator(".hg-sentences")).to_contain_text("dòng 3")
    check(page, "report-steward", "vi")

    visit(page, table)
    expect(page.locator(".hg-badge").first).to_have_text("Bản mới đang sửa")
    expect(page.locator("#bang tbody tr")).to_have_count(2)

    visit(page, table + "/report")
    page.locator(".hg-notice a.btn-primary").click()
    send(page, rice(11, 21.5, 30), "lua-3.csv")
    expect(page.locator(".hg-notice.is-valid")).to_be_visible(timeout=PATIENCE)
    assert rows(portal, made["id"]) == [11, 21.5, 30]
    page.locator(".hg-notice a.btn-primary").click()
    expect(page.locator("#bang tbody tr")).to_have_count(3)


def test_the_file_first(signed_in, portal, own):
    """Choose a file, see which structure it has, say where it goes, watch it, have a new table."""
    page = signed_in
    visit(page, "/upload")
    send(page, rice(5, 6), "lua mua.csv")
    expect(page).to_have_url(re.compile("/upload/place$"))
    expect(page.locator(".hg-notice.is-valid")).to_contain_text("10")
    check(page, "place", "vi")
    page.select_option("#target", f"package:{own['id']}")
    page.fill("#name", "Lúa mùa")
    page.locator("main form button[type=submit]", has_text="kiểm tra").click()
    expect(page.locator(".hg-notice.is-valid")).to_be_visible(timeout=PATIENCE)
    (made,) = act(portal, "package_show", as_user="steward", id=own["id"])["resources"]
    assert made["name"] == "Lúa mùa"
    assert rows(portal, made["id"]) == [5, 6]


@pytest.mark.parametrize("name", STEWARD)
def test_every_page_of_a_steward(signed_in, tables, name):
    """Answers, fits, is without barrier."""
    visit(signed_in, address(name, tables))
    check(signed_in, name, "vi")


def test_a_new_dataset_in_the_browser(signed_in, portal):
    """Sector, form, file with its structure, progress, the table: without a word of the API."""
    page = signed_in
    name = f"trinh-duyet-{uuid.uuid4().hex[:8]}"
    visit(page, "/dataset/new")
    page.locator(".hg-sector a", has_text="Nông nghiệp").click()
    page.fill("#field-title", "Lúa của bài thử trong trình duyệt")
    page.evaluate("name => { document.querySelector('input[name=name]').value = name; }", name)
    page.fill("[name=notes]", "Bài thử.")
    page.fill("[name='creator-0-name']", "Bài thử")
    page.fill("[name='contact-0-name']", "Bài thử")
    page.fill("[name='contact-0-email']", "thu@example.org")
    page.select_option("[name=license_id]", "CC0-1.0")
    page.fill("[name='temporal_coverage-0-start']", "2024-01-01")
    page.fill("[name='temporal_coverage-0-end']", "2024-12-31")
    page.fill("[name='spatial_coverage-0-text']", "Hậu Giang")
    page.fill("[name=review_due]", "2027-01-31")
    page.select_option("[name=personal_data_check]", "none")
    page.select_option("[name=private]", "False")
    page.locator("form#dataset-edit button[name=save]").click()
    page.wait_for_load_state()
    assert "resource/new" in page.url, page.locator("main").inner_text()[:2000]
    page.set_input_files("input[name=upload]", {"name": "lua.csv", "mimeType": "text/csv", "buffer": rice(5, 6)})
    page.fill("[name=name]", "Lúa")
    page.select_option("[name=table_schema]", "agri_annual_crop_season@1.0.0")
    page.locator("button[name=save][value=go-metadata]").click()
    expect(page.locator("h1")).to_have_text("Lúa của bài thử trong trình duyệt")
    found = act(portal, "package_show", as_user="steward", id=name)
    visit(page, f"/dataset/{name}/resource/{found['resources'][0]['id']}/upload")
    expect(page.locator(".hg-notice.is-valid")).to_be_visible(timeout=PATIENCE)
    assert rows(portal, found["resources"][0]["id"]) == [5, 6]
    act(portal, "package_delete", as_user="steward", id=found["id"])


def test_signing_in_and_out(page, portal):
    """A wrong password is told kindly; one comes back to the page one wanted; after signing out the desk is closed."""
    visit(page, "/my")
    page.fill("#field-login", "steward")
    page.fill("#field-password", "sai mật khẩu")
    page.click("main form button[type=submit]")
    expect(page.locator(".hg-notice.is-error")).to_be_visible()
    page.fill("#field-login", "steward")
    page.fill("#field-password", portal.password("steward"))
    page.click("main form button[type=submit]")
    visit(page, "/my")
    expect(page.locator("h1")).to_have_text("Dữ liệu của tôi")
    for menu in page.locator("details.hg-menu > summary").all():
        if menu.is_visible():
            menu.click()
    page.locator("form[action*=logout] button >> visible=true").first.click()
    visit(page, "/my")
    expect(page.locator("#field-login")).to_be_visible()


def test_a_file_is_not_taken_from_a_foreign_page(portal, tables):
    """A form without the token of this session is refused, whatever cookie comes along."""
    request = urllib.request.Request(portal.url + tables["lua-theo-vu-2025"] + "/upload", b"upload=x", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30)
    assert refused.value.code in (400, 403)
