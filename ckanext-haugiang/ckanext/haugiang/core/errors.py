"""Every error that this project raises on purpose, in one tree, and the sentence for each code.

::

    HauGiangError
    ├── ReadError        the file cannot be read as a table
    ├── TidyError        it is a table, but its header does not fit the schema
    ├── SchemaError      a table schema is not one, or uses what we do not know
    │   └── UnknownSchema
    ├── UnknownRegister  a schema refers to a register nobody can give
    ├── LimitExceeded    time, memory, output or size beyond the limits of one check
    └── RunError         the pipeline could not finish a run

Bad cells are no errors in this sense: they are *returned* in a report. A ``code`` never changes once released, because
stewards quote it, other programs branch on it and translations hang on it. The sentences are English msgids,
"what. what to do."; the Vietnamese ones stand in ``i18n``.
"""

from __future__ import annotations

from typing import Any


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's extractors look for
    """Mark ``text`` for translation and give it back unchanged: core does not know the reader's language."""
    return text


REASONS: dict[str, str] = {
    # --- the file ---
    "file-empty": N_("The file is empty. Upload the file with its rows."),
    "file-encrypted": N_("The file has a password. Remove it in Excel, save, upload again."),
    "file-truncated": N_("The file is damaged or cut short. Open it in Excel, save, upload again."),
    "file-unreadable": N_("The file cannot be read as {format}. Open it in Excel, save, upload again."),
    "file-too-large": N_("The file has {size}; at most {limit} can be checked. Split it and upload the parts."),
    "file-type-mismatch": N_("Named {named} but it is {found}. Upload an Excel or CSV file."),
    "file-type-unsupported": N_("Files of type {found} are not read as tables. Upload an Excel or CSV file."),
    "file-macro": N_("The workbook holds macros. Save it as .xlsx and upload that."),
    "file-zip-bomb": N_(
        "The file unpacks to more than {limit}. Delete what is not the table, save it as a new file, upload again."
    ),
    "sheet-too-large": N_(
        "The sheet reaches to cell {cell}. Delete the cells far from the table (at most {limit}), save, upload again."
    ),
    "too-many-columns": N_("The table has {columns} columns, at most {limit} are read. Delete the surplus ones."),
    "too-many-rows": N_("The table has more than {limit} rows. Split it and upload the parts."),
    "cell-too-large": N_(
        "The cell in row {row} holds more than {limit} characters. A quote may be missing there: close it."
    ),
    "quote-unclosed": N_("The quote that opens in row {row} is never closed. Close it or delete it, and upload again."),
    "json-invalid": N_("The JSON is wrong at line {row}, column {column}. Correct it and upload again."),
    "json-no-table": N_("The JSON holds no table. Upload a list of objects, all with the same names."),
    "encoding-unknown": N_("The letters of the file cannot be read for certain. Save it as CSV UTF-8 and upload that."),
    "nul-byte": N_("Row {row}, column {column} holds a NUL byte. Delete it, or save the file anew as CSV UTF-8."),
    "value-incomparable": N_(
        "Column “{field}” holds “{value}”, which cannot be compared with the others. Write it the way they are written."
    ),
    # --- the header ---
    "no-header": N_(
        "No row fits the column names of the schema {schema}. Found: {found}. Put the names in one row above the data."
    ),
    "header-missing-required": N_("Required columns were not found: {missing}. Found: {found}. Add them or rename yours."),
    "header-ambiguous": N_("Column “{header}” fits more than one field: {fields}. Rename it to one of them."),
    "header-duplicate": N_("Columns {columns} both are the field {field}. Keep one of them."),
    # --- schemas and registers ---
    "unknown-schema": N_("There is no table schema {ref}. Choose one of the list."),
    "schema-invalid": N_("The table schema cannot be used: {reason}. Correct it and save it again."),
    "register-missing": N_("The list “{register}”, which the schema refers to, is not there. Publish it first."),
    # --- limits of one check ---
    "time-limit": N_("The check took longer than {seconds} seconds and was stopped. Split the file and upload the parts."),
    "memory-limit": N_("The check needed more than {megabytes} MB and was stopped. Split the file and upload the parts."),
    "output-limit": N_("The tidied table grew over {megabytes} MB and the check stopped. Split the file, upload the parts."),
    "reader-crashed": N_("The file broke the reader, so it cannot be judged. Open it in Excel, save it anew, upload again."),
    "report-too-large": N_("The report grew over {limit} and was cut. Repair the errors shown and check again."),
    # --- a cluster, from the command line ---
    "cluster-unreachable": N_("No Dask scheduler answers at {address}. Start one there, or judge without a cluster."),
    "cluster-failed": N_("The Dask cluster did not finish: {reason}. Mend it and run the check again."),
    # --- the pipeline ---
    "resource-deleted": N_("The file or its dataset was deleted during the check. Nothing is left to do."),
    "superseded": N_("A newer file took the place of this one during the check. Look at the newer check."),
    "attempts-exhausted": N_("The check was started {attempts} times and never ended. Upload again, or tell us."),
    "storage-full": N_("The portal's storage is full. Your published data is safe; try again later."),
    "database-unavailable": N_("The portal's database does not answer. The check goes on by itself when it does."),
    "value-out-of-range": N_(
        "The value {value} in row {row}, column {column}, is more than the table can hold ({type}). "
        "Correct it, or have the schema describe the column as text."
    ),
    "load-failed": N_("The table is valid but could not be loaded. The published one stays; try again in a few minutes."),
    "internal": N_("The fault is ours, not yours. Try again in a few minutes. Code: {reference}"),
}


class HauGiangError(Exception):
    """Something that has a stable code and that somebody can act on.

    Args:
        code: A key of `REASONS`; anything else is a mistake of the programmer and fails at once.
        params: What the sentence needs, and what pages may show beside it; JSON values only.
    """

    def __init__(self, code: str, **params: Any) -> None:
        if code not in REASONS:
            raise ValueError(f"no sentence for the code {code!r}")
        self.code = code
        self.params: dict[str, Any] = params
        super().__init__(code)

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive pickling, which knows positional arguments only."""
        return (_revive, (type(self), self.code, self.params))

    def __str__(self) -> str:
        """The English sentence."""
        return self.message

    @property
    def message(self) -> str:
        """The English sentence, with its blanks filled."""
        return fill(REASONS[self.code], self.params)


class ReadError(HauGiangError):
    """The file cannot be read as a table."""


class TidyError(HauGiangError):
    """The table's header does not fit the schema."""


class SchemaError(HauGiangError):
    """A table schema is malformed or uses a key we do not know."""


class UnknownSchema(SchemaError):  # noqa: N818 - says what is, as KeyError's kin do
    """No schema of that name or version."""

    def __init__(self, ref: str) -> None:
        super().__init__("unknown-schema", ref=ref)


class UnknownRegister(HauGiangError):  # noqa: N818 - says what is, as KeyError's kin do
    """A schema refers to a register that nobody can give."""

    def __init__(self, register: str) -> None:
        super().__init__("register-missing", register=register)


class LimitExceeded(HauGiangError):  # noqa: N818 - says what is, as KeyError's kin do
    """One check wanted more than it may have."""


class RunError(HauGiangError):
    """The pipeline could not finish a run."""


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def fill(template: str, params: dict[str, Any]) -> str:
    """Put ``params`` into a sentence or its translation; a blank without a value shows as "…"."""
    shown = {k: ", ".join(map(str, v)) if isinstance(v, list | tuple) else v for k, v in params.items()}
    return template.format_map(_Blank(shown))


def from_code(code: str, params: dict[str, Any]) -> HauGiangError:
    """The exception for a code that crossed a process border as JSON."""
    kinds: dict[str, type[HauGiangError]] = {
        **dict.fromkeys(("no-header", "header-missing-required", "header-ambiguous", "header-duplicate"), TidyError),
        **dict.fromkeys(("time-limit", "memory-limit", "output-limit", "report-too-large"), LimitExceeded),
        **dict.fromkeys(("schema-invalid", "unknown-schema"), SchemaError),
        **dict.fromkeys(("too-many-rows", "too-many-columns", "sheet-too-large", "file-too-large"), LimitExceeded),
        "register-missing": UnknownRegister,
        **dict.fromkeys(
            (
                "reader-crashed",
                "nul-byte",
                "value-incomparable",
                "encoding-unknown",
                "cell-too-large",
                "quote-unclosed",
            ),
            ReadError,
        ),
    }
    kind = kinds.get(code) or (ReadError if code.startswith("file-") else RunError)
    return _revive(kind, code, params)


def _revive(kind: type[HauGiangError], code: str, params: dict[str, Any]) -> HauGiangError:
    error = kind.__new__(kind)
    HauGiangError.__init__(error, code, **params)
    return error
