# ruff: noqa: E501 - the lists of texts are read as lists
"""Any schema and any table: hypothesis strategies over all types, constraints and defects."""

import csv
import io

import pyarrow as pa
from hypothesis import strategies as st

V2 = "https://datapackage.org/profiles/2.0/tableschema.json"
# What each type is likely to take, likely to refuse, and likely to be quarrelled about.
TEXTS = {
    "string": ["", "a", "ab", "Lúa", "lúa gạo", "x1", "x12", "a\nb", "a,b", 'a"b', "a" * 9, "Đ", "-", "NA", " a", "a\n", "😀"],
    "integer": ["0", "1", "7", "-3", "+1", "01", "1_000", "٣", "0x10", " 5", "5 ", "1.0", "1e3", "", "9" * 18, "9" * 19,
                "-" + "9" * 25, "x", "NA", "--1", "-", "10", "５", "1 000"],
    "number": ["0", "0.0", "-0", "1", "1.5", "-2.25", ".5", "5.", "1e3", "1E-2", "+1", "1_000.5", "NaN", "inf", "-Infinity",
               "٣", " 1.5", "1,5", "", "0.1", "0.1000000000000000055511151231257827", "10", "10.000", "9.9999999999999999999",
               "1e400", "1e-400", "0x10", "nan(1)", "infinity", ".", "1.2.3", "-", "NA", "1e", "10.0000000000000000000001"],
    "boolean": ["true", "false", "True", "FALSE", "1", "0", "yes", "", "tRue", " true", "TRUE"],
    "date": ["2024-01-31", "2023-02-29", "2024-02-29", " 2024-01-31", "2024-01-31 ", "2024-1-5", "0000-01-01", "0001-01-01",
             "9999-12-31", "24-01-31", "31/01/2024", "", "2024-01-311", "2024-13-01", "2024-00-10", "２024-01-31", "2000-01-01",
             "2024-06-15", "2024-01-3x", "-024-01-01", "NA"],
    "datetime": ["2024-01-31T09:14:00", "2024-01-31 09:14:00", "2024-01-31", "2024-01-31T09:14", "2024-01-31T24:00:00",
                 "2024-01-31T09:14:00Z", "2024-01-31T09:14:00+07:00", "2024-01-31T09:14:00.5", "2024-02-30T00:00:00", "",
                 "0001-01-01T00:00:00", "0000-01-01T00:00:00", "2024-01-31T09:14:60", "2024-01-31T25:00:00", "2024-01-31 10:00+07",
                 "2000-01-01T00:00:00", "2024-01-31t09:14:00", "20240131T091400000", "2024-01-31T09:14:0x"],
    "time": ["09:14:00", "9:14", "24:00:00", "09:14:00Z", "25:00:00", "", "09:14:00.5", "091400"],
    "year": ["2024", "1999", "99", "20245", "-001", "0000", "٢٠٢٤", "", "2_24", " 202", "2024 ", "+202", "abcd"],
    "yearmonth": ["2024-01", "2024-13", "2024-1", "", "x", "2024-01-01"],
    "duration": ["P1Y", "PT5M", "P1D", "x", ""],
    "geopoint": ["105.6, 9.78", "105,9", "200,9", "x", "", "105.60,9.780"],
    "array": ["[1]", "[]", "{}", "x", "", '["a", "b"]'],
    "object": ['{"a": 1}', "{}", "[]", "x", ""],
    "geojson": ['{"type": "Point", "coordinates": [105, 9]}', "{}", "x", ""],
    "list": ["a,b", "a", "", "1,2"],
    "any": ["", "x", "1", "NA"],
}  # fmt: skip
FORMATS = {
    "string": ["default", "email", "uri", "uuid", "binary", "wkt"],
    "date": ["default", "any", "%d/%m/%Y"],
    "datetime": ["default", "any", "%Y-%m-%d"],
    "time": ["default", "any"],
    "geopoint": ["default", "array", "object"],
}
FORMATTED = [
    "a@b.vn",
    "https://x.vn/a",
    "x",
    "b" * 8,
    "YWJj",
    "POINT (1 2)",
    "12345678-1234-4678-9234-567812345678",
    "",
]
BOUNDS = {
    "integer": [0, 1, 7, -3, "5", 10**20],
    "number": [0, 1, "0.1", 10, -2.25, "1e3"],
    "date": ["2024-01-31", "2000-01-01", "0001-01-01"],
    "datetime": ["2024-01-31T09:14:00", "2000-01-01T00:00:00"],
    "time": ["09:14:00"],
    "year": [1999, "2024"],
    "yearmonth": ["2024-01"],
}
PATTERNS = ["[a-z]+", "x[0-9]{1,2}", "(a|b)+", ".", "[A-ZĐ].*", "a.b", "(?:L|l)úa.*", "", "a$", "[^a]*"]
MISSING = [[""], [""], [""], ["", "NA"], ["NA"], ["-", ""], []]
OPTIONS = {
    "integer": [{}, {}, {"bareNumber": False}],
    "number": [{}, {}, {"floatNumber": True}, {"decimalChar": ","}, {"groupChar": ","}, {"bareNumber": False}],
    "boolean": [{}, {"trueValues": ["yes"], "falseValues": ["0"]}],
    "list": [{}, {"itemType": "integer"}, {"delimiter": "a"}],
    "array": [{}, {"arrayItem": {"type": "integer"}}],
}
KEYABLE = [kind for kind in TEXTS if kind not in ("array", "object", "geojson", "list")]
COMMON = ["string", "integer", "number", "date", "boolean"]


@st.composite
def field(draw, name, kind=None):  # noqa: C901 - one line a constraint
    kind = kind or draw(st.sampled_from(COMMON * 3 + list(TEXTS)))
    descriptor = {"name": name, "type": kind, "title": name, **draw(st.sampled_from(OPTIONS.get(kind, [{}])))}
    if kind in FORMATS and draw(st.integers(0, 5)) == 0:
        descriptor["format"] = draw(st.sampled_from(FORMATS[kind]))
    constraints = {}
    if draw(st.booleans()):
        constraints["required"] = draw(st.booleans())
    if kind in BOUNDS:
        for bound in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if draw(st.integers(0, 4)) == 0:
                constraints[bound] = draw(st.sampled_from(BOUNDS[kind]))
    if kind in ("string", "array", "object", "list"):
        for bound in ("minLength", "maxLength"):
            if draw(st.integers(0, 4)) == 0:
                constraints[bound] = draw(st.integers(0, 5))
    if kind == "string" and draw(st.integers(0, 3)) == 0:
        constraints["pattern"] = draw(st.sampled_from(PATTERNS))
    if kind != "list" and draw(st.integers(0, 6)) == 0:
        constraints["enum"] = draw(st.lists(st.sampled_from(TEXTS[kind]), min_size=1, max_size=3))
    if kind in KEYABLE and draw(st.integers(0, 6)) == 0:
        constraints["unique"] = True
    if constraints:
        descriptor["constraints"] = constraints
    if draw(st.integers(0, 9)) == 0:
        descriptor["missingValues"] = draw(st.sampled_from(MISSING))
    return descriptor


@st.composite
def schemas(draw):
    """A schema document and its registers."""
    fields = [draw(field(f"f{number}")) for number in range(draw(st.integers(1, 4)))]
    document = {
        "$schema": V2, "name": "trial", "x-version": "1.0.0", "x-sector": "health", "title": "x", "x-title-en": "x",
        "fields": fields, "missingValues": draw(st.sampled_from(MISSING)),
    }  # fmt: skip
    keyable = [f["name"] for f in fields if f["type"] in KEYABLE]
    registers = {}
    if keyable and draw(st.integers(0, 2)) == 0:
        document["primaryKey"] = draw(st.lists(st.sampled_from(keyable), min_size=1, max_size=2, unique=True))
    if keyable and draw(st.integers(0, 2)) == 0:
        names = draw(st.lists(st.sampled_from(keyable), min_size=1, max_size=2, unique=True))
        kinds = {f["name"]: f["type"] for f in fields}
        columns = {f"c{n}": draw(st.lists(cell(kinds[name]), min_size=4, max_size=4)) for n, name in enumerate(names)}
        registers["codes"] = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
        if draw(st.booleans()) and kinds[names[0]] == "integer":
            registers["codes"] = registers["codes"].set_column(0, "c0", pa.array([0, 1, None, 7], pa.int64()))
        document["foreignKeys"] = [
            {"fields": names, "reference": {"resource": "codes", "fields": [f"c{n}" for n in range(len(names))]}}
        ]
    return document, registers


def cell(kind, descriptor=None):
    texts = TEXTS[kind]
    if descriptor and descriptor.get("format", "default") != "default":
        texts = texts + FORMATTED
    # the first texts are the good ones: tables that are mostly right are the ones that matter
    return st.one_of(st.sampled_from(texts[:4]), st.sampled_from(texts))


@st.composite
def tables(draw, document):  # noqa: C901 - one case a defect
    """The bytes of a CSV with any defect."""
    names = [f["name"] for f in document["fields"]]
    header = list(names)
    match draw(st.integers(0, 19)):
        case 0:
            header = header[:-1] or ["other"]
        case 1:
            header = [*header, "extra"]
        case 2:
            header[0] = draw(st.sampled_from(["", "other", header[-1], "F0"]))
    cells = [cell(f["type"], f) for f in document["fields"]]
    rows = []
    for _ in range(draw(st.integers(0, 12))):
        row = [draw(one) for one in cells]
        match draw(st.integers(0, 24)):
            case 0:
                row = row[:-1]
            case 1:
                row = [*row, draw(st.sampled_from(["", "x"]))]
            case 2:
                row = [""] * len(row)
            case 3:
                row = []
            case 4 if rows:
                row = list(rows[-1])
        rows.append(row)
    line = draw(st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line, quoting=quoting)
    for row in [header, *rows]:
        if row:
            writer.writerow(row)
        else:
            out.write(line)
    text = out.getvalue()
    match draw(st.integers(0, 29)):
        case 0:
            text = text.removesuffix(line)
        case 1:
            text = "\ufeff" + text
        case 2 | 3:  # a stray quote or separator somewhere
            at = draw(st.integers(0, len(text)))
            text = text[:at] + draw(st.sampled_from(['"', '""', ',"', "\r", "\n", "\x00", ",", '"\n'])) + text[at:]
        case 4:
            text = text.replace("f", draw(st.sampled_from(["", "\n"])), 1)
    data = text.encode()
    if draw(st.integers(0, 59)) == 0:
        at = draw(st.integers(0, len(data)))
        data = data[:at] + b"\xff" + data[at:]
    return data
