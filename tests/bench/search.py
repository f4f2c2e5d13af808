"""How fast the search is: ``python tests/bench/search.py DATABASE_URL 1000 10000``.

For each number of documents it fills the index of that database (which is emptied: use one of its own) and prints the
median of each query in milliseconds, with what a plain SQL count of the same facets takes in the same database. The
documents are like those of a provincial portal: Vietnamese titles, notes of a hundred words, tags, formats, 60
organizations.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from functools import partial
from itertools import pairwise

from ckan.common import config
from sqlalchemy import text
from sqlalchemy.engine import Connection

FACETS = ["organization", "groups", "tags", "res_format", "license_id", "dataset_type"]
SYLLABLES = [
    *(
        "nông",
        "nghiệp",
        "lúa",
        "gạo",
        "nước",
        "sông",
        "thủy",
        "lợi",
        "sản",
        "lượng",
        "diện",
        "tích",
        "năng",
        "suất",
        "vụ",
        "hè",
        "thu",
    ),
    *("đông", "xuân", "môi", "trường", "y", "tế", "bệnh", "dịch", "trạm", "quan", "trắc", "chất", "xã", "huyện", "tỉnh"),
    *("thống", "kê", "bảng", "số", "liệu", "hàng", "năm", "tuần", "báo", "cáo", "chăn", "nuôi", "cây", "trồng", "rừng"),
]
QF = {"defType": "dismax", "qf": "name^4 title^4 tags^2 groups^2 text", "mm": "2<-1 5<80%", "tie": "0.1"}
BASE = {"q.op": "AND", "df": "text", "rows": 21, "fl": "id validated_data_dict"}
BASE["sort"] = "score desc, metadata_modified desc"
COUNTED = {"facet": "true", "facet.field": FACETS, "facet.limit": 50, "facet.mincount": 1}
PUBLIC = ['+site_id:"bench"', "+state:active", '+permission_labels:("public")']
MEMBER = [*PUBLIC[:2], "+permission_labels:(" + " OR ".join(f'"member-{n}"' for n in range(60)) + ' OR "public")']
QUERIES = {
    "*:* + 6 facets, anonymous": ("*:*", {**COUNTED, "fq": PUBLIC}),
    "*:* + 6 facets, sysadmin": ("*:*", {**COUNTED, "fq": PUBLIC[:2]}),
    "nong nghiep (94 %) + 6 facets": ("nong nghiep", {**QF, **COUNTED, "fq": PUBLIC}),
    "two words (5 %) + 6 facets": ("đặcbiệt hiếm", {**QF, **COUNTED, "fq": PUBLIC}),
    "60 organizations, a word (25 %)": ("đặcbiệt", {**QF, **COUNTED, "fq": MEMBER}),
    "filters + 6 facets": ("*:*", {**COUNTED, "fq": [*PUBLIC, 'organization:"o7" res_format:"CSV"']}),
    "no facets, newest first": ("*:*", {"fq": PUBLIC, "sort": "metadata_modified desc"}),
    "title order + 6 facets": ("*:*", {**COUNTED, "fq": PUBLIC, "sort": "title_string asc"}),
    "autocomplete": (
        'name_ngram:"nong" OR title_ngram:"nong" OR name:"nong" OR title:"nong"', {"fq": PUBLIC, "fl": "name,title"}
    ),
    "counts of all groups": (
        "*:*", {"fq": PUBLIC, "rows": 1, **COUNTED, "facet.field": ["groups", "owner_org"], "facet.limit": -1}
    ),
}  # fmt: skip
NAIVE = text(
    "SELECT key, value, count(*) FROM pgsearch.document, jsonb_each(kept) AS field(key, list), "
    "jsonb_array_elements_text(list) AS value "
    'WHERE kept @> \'{"permission_labels": ["public"]}\' AND key = ANY(:names) GROUP BY 1, 2'
)


def document(chance: random.Random, number: int) -> dict:
    words = [chance.choice(SYLLABLES) for _ in range(100)]
    words += ["nông", "nghiệp"] if chance.random() < 0.94 else []
    words += ["đặcbiệt"] if number % 4 == 0 else []
    words += ["hiếm"] if number % 20 == 0 else []
    owner = chance.randrange(60)
    hidden = chance.random() < 0.1
    formats = [chance.choice(["CSV", "XLSX", "JSON", "PDF"]) for _ in range(chance.randrange(1, 8))]
    title = " ".join(chance.choice(SYLLABLES) for _ in range(8)).capitalize() + f" {number}"
    time_of_day = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    return {
        "index_id": f"i{number}",
        "id": f"id-{number}",
        "name": f"bang-so-{number}",
        "site_id": "bench",
        "title": title,
        "title_string": title,
        "notes": " ".join(words),
        "state": "active",
        "entity_type": "package",
        "dataset_type": chance.choice(["agriculture", "health", "environment"]),
        "capacity": "private" if hidden else "public",
        "permission_labels": [f"member-{owner}"] if hidden else ["public"],
        "organization": f"o{owner}",
        "owner_org": f"org-{owner}",
        "groups": [f"g{chance.randrange(12)}"],
        "tags": chance.sample([f"thẻ {n}" for n in range(300)], 4),
        "license_id": chance.choice(["cc-by", "cc-zero"]),
        "res_format": formats,
        "res_name": [f"Bảng {n}" for n in range(len(formats))],
        "res_url": [f"https://vidu.vn/{number}/{n}.csv" for n in range(len(formats))],
        "metadata_created": "2024-01-01T00:00:00Z",
        "metadata_modified": f"2024-01-01T{time_of_day}Z",
        "data_dict": "x" * 3000,
        "validated_data_dict": "x" * 3000,
    }


def median(work, rounds: int) -> float:
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def main(url: str, sizes: list[int]) -> None:
    """Fill, measure, print."""
    config["sqlalchemy.url"], config["solr_url"] = url, "pgsearch://"
    from ckanext.haugiang.adapters.search import PostgresSolr, database  # needs the setting

    index, chance = PostgresSolr("pgsearch://"), random.Random(1)
    index.delete(q="*:*")
    for before, size in pairwise([0, *sizes]):
        started = time.perf_counter()
        for first in range(before, size, 50):
            index.add([document(chance, number) for number in range(first, min(first + 50, size))])
        each = (time.perf_counter() - started) * 1000 / max(1, size - before)
        with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(text("VACUUM ANALYZE pgsearch.posting"))
            db.execute(text("VACUUM ANALYZE pgsearch.document"))
            naive = median(partial(counted_by_sql, db), 3)
        print(f"\n{size} documents: {each:.1f} ms to index one; six facets counted by plain SQL {naive:.0f} ms")
        for name, (q, given) in QUERIES.items():
            ask = partial(index.search, q, **{**BASE, **given})
            taken, hits = median(ask, 15), ask().hits
            print(f"  {name:34} {hits:6} hits {taken:7.1f} ms {naive / taken:6.1f} × plain SQL")


def counted_by_sql(db: Connection) -> None:
    """Six facets by plain SQL."""
    db.execute(NAIVE, {"names": FACETS}).all()


if __name__ == "__main__":
    main(sys.argv[1], [int(size) for size in sys.argv[2:]] or [1000, 10000])
