"""Dataset, table, report and schema pages: what they show to whom."""

from __future__ import annotations

import csv
import io
import json
import unicodedata

import openpyxl
import pytest
from pages.conftest import add, dataset
from pipeline.support import RICE, act, rice, upload, work

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'{{7*7}}"


def cells(page):
    return [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in page.all("#bang tbody tr")]


def test_the_state_is_a_filter(see, full):
    """The worst of its tables' states is the dataset's."""
    found = see("/dataset/?state=error")
    assert len(found.all(".hg-dataset")) == 1
    assert not see("/dataset/?state=valid").all(".hg-dataset")
    assert found.soup.select_one("input[name=state]:checked")["value"] == "error"


def test_a_dataset_says_what_it_has(see, full):
    """Tables with their states, licence, citation, contact, metadata with the names of codes."""
    page = see(f"/dataset/{full.package['name']}")
    assert [badge.get_text(strip=True) for badge in page.all(".hg-resource .hg-badge")] == [
        "Hợp lệ", "Có lỗi", "Bản mới đang sửa", "Tài liệu",
    ]  # fmt: skip
    assert "Chị Hạnh" in page.words("aside")
    assert "Hàng năm" in page.words(".hg-dl")
    assert "authority/frequency" not in page.words(".hg-dl")
    assert full.package["title"] in page.words("#citation")
    assert page.soup.select_one("link[rel=canonical]")["href"].endswith(f"/dataset/{full.package['name']}")
    assert see(f"/dataset/{full.package['id']}", follow_redirects=False).status == 302


def test_the_public_sees_no_buttons_of_editors(see, full):
    """Edit and upload are offered to whom they work for."""
    for address in (f"/dataset/{full.package['name']}", full.tables["valid"]):
        assert not see(address).all(".hg-edit")
        assert not see(address, full.stranger).all(".hg-edit")
        assert see(address, full.steward).all(".hg-edit")


def test_a_table_is_typed_and_titled(see, full):
    """Titles and units from the schema, names for codes, decimal comma, a dash for nothing."""
    page = see(full.tables["valid"])
    heads = [head.get_text(" ", strip=True) for head in page.all("#bang thead th")]
    assert heads[0].startswith("Tên đơn vị hành chính")
    assert any(head.startswith("Diện tích gieo trồng, ha") for head in heads)
    rows = cells(page)
    assert len(rows) == 2
    assert "Đông Xuân" in rows[0]
    assert "20,5" in rows[1]
    assert "– không có số liệu" in rows[0]
    english = see("/en" + full.tables["valid"])
    assert "Sown area, ha" in english.words("#bang thead")
    assert "20.5" in cells(english)[1]


def test_filter_order_and_page_stand_in_the_address(see, full):
    """A link leads to exactly this view, without script."""
    page = see(full.tables["valid"] + "?sort=dt_gieo_trong+desc")
    assert "20,5" in cells(page)[0]
    assert page.soup.select_one("th[aria-sort=descending] code").get_text() == "dt_gieo_trong"
    page = see(full.tables["valid"] + "?f_vu=DX")
    assert len(cells(page)) == 1
    assert "filters=%7B%22vu%22%3A+%22DX%22%7D" in page.text
    assert "'filters': {'vu': 'DX'}" in page.soup.select_one("#example").get_text()


NONSENSE = """
    sort=%22;drop  sort=_id+asc  f_khong_co=1  f_nam=abc  f_nam=2024&f_nam=2023  page=9999  find=%27%3B--  find=%00
    f_vu=%00  lang=cobol  f_dt_gieo_trong=1e999999  f_nam=99999999999999999999  sort=nam+desc,x
"""


@pytest.mark.parametrize("query", NONSENSE.split())
def test_nonsense_in_the_address_of_a_table(see, full, query):
    """Unknown columns, wrong types, pages beyond the last: a page that says so."""
    assert see(f"{full.tables['valid']}?{query}").status in (200, 400)


def test_examples_in_three_languages(see, full):
    """One whole example at a time, with this table's id."""
    table_id = full.tables["valid"].rpartition("/")[2]
    for lang, word in {"curl": "curl -s", "python": "import requests", "r": "library(httr2)"}.items():
        code = see(f"{full.tables['valid']}?lang={lang}").soup.select_one("#example").get_text()
        assert word in code
        assert table_id in code


def test_the_example_in_python_is_python(see, full):
    """It compiles, and its query is the one of the page."""
    code = see(full.tables["valid"] + "?f_vu=DX").soup.select_one("#example").get_text()
    compile(code, "example", "exec")


def test_an_older_version_is_shown_while_the_new_one_is_repaired(see, full):
    """The table stays, one line tells."""
    page = see(full.tables["repair"])
    assert "bản hợp lệ" in page.words(".hg-notice")
    assert len(cells(page)) == 1


def test_what_is_not_published_is_not_shown(see, full):
    """No rows, no file, no report for the public; for editors the report with cell, sentence and row."""
    page = see(full.tables["bad"])
    assert not page.all("#bang")
    assert not page.all(".hg-downloads")
    report = see(full.tables["bad"] + "/report")
    assert report.status == 200
    assert "nhiều" not in report.text
    assert see(full.tables["bad"] + "/report.csv").status == 404
    assert "nhiều" not in see(full.tables["bad"] + "/report", full.stranger).text


def test_a_report_names_the_cell(see, full):
    """Sentence, cell, the row as a strip with the cell marked; the list as CSV."""
    page = see(full.tables["bad"] + "/report", full.steward)
    assert "còn 2 lỗi" in page.words(".hg-notice")
    assert "nhiều" in page.words(".hg-sentences")
    assert [cell.get_text(strip=True) for cell in page.all("td.bad")] == ["nhiều", "-3"]
    assert "G2" in page.words(".hg-issue .where")
    only = see(full.tables["bad"] + "/report?kind=type-error", full.steward)
    assert [cell.get_text(strip=True) for cell in only.all("td.bad")] == ["nhiều"]
    for sort in ("row", "column", "kind", "x"):
        assert see(full.tables["bad"] + f"/report?sort={sort}", full.steward).all("td.bad")
    rows = list(csv.DictReader(io.StringIO(see(full.tables["bad"] + "/report.csv", full.steward).text.lstrip("\ufeff"))))
    assert [(row["cell"], row["field"], row["value"]) for row in rows] == [
        ("G2", "dt_gieo_trong", "nhiều"), ("G3", "dt_gieo_trong", "'-3"),
    ]  # fmt: skip


def test_a_report_lists_what_a_rule_found(see, full):
    """Under a heading of its own, with its sentence and the cells that were compared, never by the rule's name."""
    content = rice(100).decode().replace(",LUA,100,,,", ",LUA,100,120,50,600").encode()
    address = add(full, dataset(full), "rule", content)
    page = see(address + "/report", full.steward)
    heads = page.words(".hg-kindhead")
    assert "Số liệu trong một dòng không khớp nhau" in heads
    assert "row" not in heads.lower()
    assert "120" in page.words(".hg-sentences")
    strip = {cell.get_text(strip=True) for cell in page.all(".hg-sheet td")}
    assert {"100", "120", "Đơn vị 0", "2024"} <= strip, "the whole row, as with errors"


def test_a_report_counts_errors_and_notes_of_one_kind_apart(see, full):
    """Two rules on the figures of a row: one blocks, one asks. Each stands in the summary on its own side."""
    lines = rice(100, 100).decode().splitlines()
    lines[1] = lines[1].replace(",100,,,", ",100,120,50,600")  # harvested more than was sown: an error
    lines[2] = lines[2].replace(",100,,,", ",100,100,50,900")  # production is not area × yield: a note
    page = see(add(full, dataset(full), "both", "\n".join(lines).encode()) + "/report", full.steward)
    assert page.words("h3.c-error").startswith("1 ")
    assert page.words("h3.c-warn").startswith("1 ")
    assert [count.get_text(strip=True) for count in page.all(".hg-tally b")] == ["1", "1"]


def test_a_strip_shows_what_was_typed(see, full):
    """Decimal commas and names stand in the row as in the steward's sheet, not as the portal reads them."""
    content = rice("nhiều").decode().replace(",nhiều,,,", ',nhiều,"1.050,5",,').encode()
    address = add(full, dataset(full), "typed", content)
    page = see(address + "/report", full.steward)
    assert "1.050,5" in page.words(".hg-sheet tbody")
    assert "1050.5" not in page.words(".hg-sheet tbody")


def test_the_report_of_a_valid_table(see, full):
    """Green, nothing to repair, public."""
    page = see(full.tables["valid"] + "/report")
    assert page.all(".hg-notice.is-valid")
    assert not page.all(".hg-sheet")


def test_schema_pages(see, full):
    """All by sector; one with columns, rules, codes, example; the newest by its name."""
    assert see("/schema/agri_annual_crop_season", follow_redirects=False).headers["Location"].endswith("/1.0.0")
    page = see("/schema/agri_annual_crop_season/1.0.0")
    assert page.soup.select_one("tr#nang_suat") is not None
    assert "Đông Xuân" in page.words("#danh-muc")
    assert "Yield" in see("/en/schema/agri_annual_crop_season/1.0.0").words("#cot")
    assert json.loads(see("/schema/agri_annual_crop_season/1.0.0.json").text)["name"] == "agri_annual_crop_season"
    for wrong in ("/schema/x", "/schema/x/1.0.0", "/schema/agri_annual_crop_season/9.9.9", "/schema/x/1.0.0.json"):
        assert see(wrong).status == 404
    assert "agri_annual_crop_season" in see("/schema").text


def test_templates(see, full):
    """The empty file has the columns that the portal reads; the workbook has drop-downs and explanations."""
    head = next(csv.reader(io.StringIO(see("/schema/agri_annual_crop_season/1.0.0/template.csv").text.lstrip("\ufeff"))))
    answer = see("/schema/agri_annual_crop_season/1.0.0/template.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == head
    assert len(sheet.data_validations.dataValidation) >= 3
    assert len(book.worksheets) == 3


def test_a_filled_template_is_valid(see, portal):
    """What the portal hands out it reads again, in both formats."""
    answer = see("/schema/agri_annual_crop_season/1.0.0/template.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    book.worksheets[0].append(["931", "Ngã Bảy", "2024", 2024, "DX", "LUA", None, 10.5, None, None, None, None, None])
    out = io.BytesIO()
    book.save(out)
    package = dataset(portal)
    more = {"name": "Mẫu", "table_schema": RICE, "upload": upload(out.getvalue(), "mau.xlsx")}
    made = act("resource_create", portal.steward, package_id=package["id"], **more)
    work()
    assert act("resource_show", portal.steward, id=made["id"])["validation_status"] == "success"


def test_markup_stays_text(see, portal):
    """Titles, descriptions, names, keywords, cells: nothing runs."""
    package = dataset(portal, title=EVIL, notes=EVIL + "\n\n[x](javascript:alert(1))")
    act("package_patch", portal.steward, id=package["id"], contact=[{"name": EVIL, "email": "a@b.vn"}], source=[EVIL])
    content = rice(1).replace("Đơn vị 0".encode(), b'"<script>alert(2)</script>"')
    more = {"name": EVIL, "description": EVIL, "table_schema": RICE, "upload": upload(content)}
    made = act("resource_create", portal.steward, package_id=package["id"], **more)
    work()
    address = f"/dataset/{package['name']}"
    for page in (see("/"), see("/dataset/?q=" + "script"), see(address), see(f"{address}/resource/{made['id']}")):
        assert page.status == 200
        for_machines = page.all("script[type='application/ld+json']")
        assert [tag for tag in page.all("script") if "alert" in tag.get_text()] == for_machines
        assert not [tag for tag in for_machines if "<" in tag.get_text()]
        assert not page.all("[onerror]")
        assert not page.all("a[href^='javascript']")
        assert "{{7*7}}" in page.text or "alert" not in page.text


def test_long_titles_and_many_files(see, portal):
    """300 characters, right-to-left letters, emoji, decomposed letters, 200 files: a page."""
    title = ("Kết quả quan trắc " * 20)[:280] + " 🌾 العربية"
    package = dataset(portal, title=title)
    resources = [{"name": f"Tệp {number}", "url": f"https://example.org/{number}.pdf"} for number in range(199)]
    resources.append({"name": unicodedata.normalize("NFD", "Diện tích"), "url": "https://example.org/nfd.pdf"})
    act("package_patch", portal.steward, id=package["id"], resources=resources)
    page = see(f"/dataset/{package['name']}")
    assert page.status == 200
    assert len(page.all(".hg-resource")) == 200
    assert page.words("h1") == " ".join(title.split())
    assert "Diện tích" in unicodedata.normalize("NFC", page.words(".hg-resource:last-child"))
    act("package_delete", portal.steward, id=package["id"])


def test_a_demonstration_gives_its_faulty_file_under_its_own_kind(see, portal):
    """Anybody may have it; of another table without a valid version nobody is offered what he would not get."""
    book = openpyxl.Workbook()
    for line in rice("nhiều").decode().splitlines():
        book.active.append(line.split(","))
    out = io.BytesIO()
    book.save(out)
    for demonstration, offered in (("true", ["XLSX"]), ("false", [])):
        package = dataset(portal, demonstration=demonstration)
        more = {"name": "Nháp", "table_schema": RICE, "upload": upload(out.getvalue(), "nhap.xlsx")}
        made = act("resource_create", portal.steward, package_id=package["id"], **more)
        work()
        table = f"/dataset/{package['name']}/resource/{made['id']}"
        links = see(table).all(".hg-downloads a")
        assert [word for link in links for word in ("XLSX", "CSV") if word in link.get_text()] == offered
        listed = [link["href"] for link in see(f"/dataset/{package['name']}").all(".hg-resource a[rel=nofollow]")]
        assert listed == [link["href"] for link in links]
        assert [see(link).data for link in listed] == [out.getvalue()] * len(offered)
        act("package_delete", portal.steward, id=package["id"])


def test_errors_say_what_to_do(see, full):
    """404 with a search, 403 with the way to sign in; no trace."""
    page = see("/khong-co")
    assert page.status == 404
    assert page.all("main form[role=search]")
    assert see("/dataset/khong-co").status == 404
    assert see(f"/dataset/{full.package['name']}/resource/khong-co").status == 404
    refused = see(full.tables["valid"] + "/upload", full.stranger)
    assert refused.status == 403
    assert full.org["title"] in refused.text
    assert see("/dataset/new").status == 403
