"""Nobody finds, counts or infers what the permission labels hide: site A ≡ site B = A + hidden items."""

from __future__ import annotations

import random

import ckan.lib.search as search
import ckan.model as model
import pytest
from ckan.lib.plugins import get_permission_labels
from ckan.logic import NotAuthorized, ValidationError
from ckan.tests import factories, helpers

MARK = "bímậtxyz"
FACETS = [
    *("tags", "groups", "organization", "owner_org", "res_format", "license_id"),
    *("state", "capacity", "creator_user_id", "theme"),
]
INJECTIONS = [
    *("capacity:private", "+capacity:private", "-capacity:public", "capacity:private OR *:*", "OR *:*", "*:* OR *:*"),
    *("+state:draft", "+state:deleted", "+state:(active OR draft OR deleted)", "state:* OR +state:draft"),
    *("-state:active", "permission_labels:*", 'permission_labels:"creator-x" OR *:*', "permission_labels:[* TO *]"),
    *("-permission_labels:public", "-permission_labels:*", "permission_labels:/.*/", "permission_labels:m*"),
    *(") OR (*:*", '" OR *:* OR "', "*:*) OR (*:*", '_query_:"*:*"', "{!bool should='*:*'}", "{!lucene}*:*"),
    *("{!func}1", "{!terms f=name}a", "+site_id:* OR *:*", "a:* | b & !c", "'; DROP TABLE package; --", "'':*"),
    *("\\' | 'x", "%", "_", "\\", "/* */ *:*", "filter(*:*)", f"title:{MARK}", f"text:{MARK}*", f"tags:{MARK}"),
    *(MARK, f"*{MARK[2:]}", f"/{MARK}/", f"{MARK[:-1]}~1", "id:*", "name:*"),
]
WORDS = [
    "lúa",
    "lua",
    "nước",
    "thống kê",
    MARK,
    "rice",
    "title:lúa",
    "tags:lúa",
    "name:*",
    "*:*",
    '"lúa nước"',
    "res_format:CSV",
]
SORTS = [
    "score desc, metadata_modified desc",
    "title_string asc",
    "name desc",
    "metadata_created asc",
    "views_recent desc",
]


@pytest.fixture
def people(site):
    """A sysadmin, a member of the first of two organizations, and somebody of neither."""
    admin, member, outsider = factories.Sysadmin(), factories.User(), factories.User()
    first = factories.Organization(name="so-mot", users=[{"name": member["name"], "capacity": "member"}])
    second = factories.Organization(name="so-hai", users=[{"name": outsider["name"], "capacity": "member"}])
    return {"admin": admin, "member": member, "outsider": outsider, "first": first, "second": second}


def create(people, name, *, mark="", **values):
    title = f"Lúa nước {name} {mark}".strip()
    tags = [{"name": "lúa"}, *([{"name": mark}] if mark else [])]
    extras = [{"key": "theme", "value": mark or "công khai"}]
    resources = [{"url": f"http://x/{name}", "format": mark or "CSV", "name": mark or "bảng"}]
    values = {
        "title": title,
        "notes": f"thống kê {mark}",
        "tags": tags,
        "resources": resources,
        "extras": extras,
        **values,
    }
    return helpers.call_action("package_create", {"user": people["admin"]["name"]}, name=name, **values)


def public(people):
    for n in range(5):
        create(people, f"chung-{n}", owner_org=people["first" if n % 2 else "second"]["id"])


def hidden(people):
    """Every kind of what may not be seen, and more of each than of what may, so that counts and rarity would shift."""
    for n in range(4):
        create(people, f"rieng-mot-{n}", mark=MARK, owner_org=people["first"]["id"], private=True)
        create(people, f"rieng-hai-{n}", mark=MARK, owner_org=people["second"]["id"], private=True)
        create(people, f"nhap-{n}", mark=MARK, owner_org=people["first"]["id"], state="draft")
        gone = create(people, f"xoa-{n}", mark=MARK, owner_org=people["first"]["id"])
        helpers.call_action("package_delete", {"user": people["admin"]["name"]}, id=gone["id"])


def searches(seed, count):
    """Random searches: words, injections in every parameter, facets on, sorts of all kinds."""
    chance = random.Random(seed)
    for _ in range(count):
        parts = [chance.choice([*WORDS, *INJECTIONS]) for _ in range(chance.randrange(1, 3))]
        yield {
            "q": chance.choice([" ", " OR ", " AND ", " -"]).join(parts),
            "fq": chance.choice(INJECTIONS) if chance.random() < 0.4 else "",
            "fq_list": [chance.choice(INJECTIONS)] if chance.random() < 0.3 else [],
            "sort": chance.choice(SORTS),
            "rows": chance.choice([0, 3, 50]),
            "start": chance.choice([0, 0, 2]),
            "facet.field": chance.sample(FACETS, 4),
            "facet.mincount": chance.choice([0, 1]),
            "facet.limit": chance.choice([-1, 2, 50]),
            **{f"include_{what}": chance.random() < 0.7 for what in ("private", "drafts", "deleted")},
        }


def answer(user, query):
    """What a user gets: count, datasets in order, facets; or that it is refused."""
    try:
        found = helpers.call_action(
            "package_search", {"user": user, "auth_user_obj": model.User.get(user), "ignore_auth": False}, **query
        )
    except (search.SearchError, ValidationError, NotAuthorized) as error:
        return type(error).__name__
    return found["count"], [d["name"] for d in found["results"]], found["facets"], found["search_facets"]


def test_a_site_with_hidden_items_answers_as_one_without(people):
    """Anonymous: hits, order, totals and facets are the same to the last figure; nothing bears the mark."""
    public(people)
    asked = list(searches(1, 250))
    before = [answer("", query) for query in asked]
    served = [found for found in before if not isinstance(found, str)]
    assert len(served) > 100
    assert sum(bool(found[0]) for found in served) > 25
    hidden(people)
    for query, found in zip(asked, before, strict=True):
        now = answer("", query)
        assert now == found, query
        assert isinstance(now, str) or MARK not in str(now), query


def test_members_see_what_is_their_organizations(people):
    """The private datasets and the drafts of their own, never those of another; CKAN does not index deleted ones."""
    public(people)
    hidden(people)
    for query in searches(2, 150):
        for user, others in (("member", ("rieng-hai", "xoa")), ("outsider", ("rieng-mot", "nhap", "xoa"))):
            found = answer(people[user]["name"], query)
            if not isinstance(found, str):
                assert not [name for name in found[1] if name.startswith(others)], query
    private = {"q": "*:*", "include_private": True, "rows": 100}
    mine = answer(people["member"]["name"], private)
    assert {name for name in mine[1] if name.startswith("rieng")} == {f"rieng-mot-{n}" for n in range(4)}
    assert mine[0] == 9
    assert answer("", private)[0] == 5


def test_a_sysadmin_sees_everything_that_is_asked_for(people):
    """Private ones and drafts on request only."""
    public(people)
    hidden(people)
    admin = people["admin"]["name"]
    counts = [
        answer(admin, {"q": "*:*", **{f"include_{what}": True for what in asked}})[0]
        for asked in ([], ["private"], ["drafts"], ["private", "drafts", "deleted"])
    ]
    assert counts == [5, 13, 9, 17]


def test_a_dataset_that_becomes_private_is_gone_at_once(people):
    """Hits, facets and suggestions."""
    public(people)
    dataset = create(people, "doi", mark=MARK, owner_org=people["first"]["id"])
    assert MARK in str(answer("", {"q": MARK, "facet.field": FACETS}))
    assert helpers.call_action("package_autocomplete", {"ignore_auth": False}, q=MARK[:6])
    helpers.call_action("package_patch", {"user": people["admin"]["name"]}, id=dataset["id"], private=True)
    assert answer("", {"q": MARK, "facet.field": FACETS})[0] == 0
    assert MARK not in str(answer("", {"q": "*:*", "facet.field": FACETS, "facet.mincount": 0}))
    assert not helpers.call_action("package_autocomplete", {"ignore_auth": False}, q=MARK[:6])


def test_thousands_of_odd_queries_never_crash_and_never_widen(people):
    """Tokens of the syntax in any order, in the query and in filters: refused by name, or within the labels."""
    public(people)
    hidden(people)
    chance = random.Random(4)
    member = model.User.get(people["member"]["name"])
    allowed = {(): {f"chung-{n}" for n in range(5)}}
    labels = {(): ["public"], ("member",): get_permission_labels().get_user_dataset_labels(member)}
    allowed["member",] = allowed[()] | {f"rieng-mot-{n}" for n in range(4)}
    tokens = [*WORDS, *INJECTIONS, *"()[]{}+-!~^*?:/\\'", '"', "&&", "||", "AND", "OR", "NOT", "TO", "~2", "^3"]
    tokens += ["[a TO b]", "{* TO c}", "capacity:", "state:", "permission_labels:", "text:", "đ" * 50, "$$"]
    tokens += ["\x00", "\ud800", "\u202e", "\x1e", "\x1f"]
    served, refused = 0, []
    for number in range(4000):
        who = chance.choice(list(labels))
        q, fq = (chance.choice(["", " "]).join(chance.choices(tokens, k=chance.randrange(1, 7))) for _ in range(2))
        query = {"q": q, "fq": "" if number % 2 else fq, "fl": "name", "rows": 100, "facet.field": ["name", "capacity"]}
        run = search.query_for("package")
        try:
            found = run.run(query, permission_labels=labels[who])
        except search.SearchError as error:
            refused.append(str(error))
            continue
        served += 1
        assert set(found["results"]) <= allowed[who], query
        assert set(run.facets.get("name", {})) <= allowed[who], query
    assert served > 800
    assert not [words for words in refused if "HTTP 500" in words]
