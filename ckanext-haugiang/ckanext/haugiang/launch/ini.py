"""CKAN's configuration of this installation, written at each start from the settings and the secrets."""

from __future__ import annotations

from collections.abc import Mapping

from ckanext.haugiang.launch.home import Home, write_private
from ckanext.haugiang.launch.postgres import DATABASE, DATASTORE, OWNER, READ, WRITE, Postgres
from ckanext.haugiang.launch.redis import Redis
from ckanext.haugiang.launch.settings import Settings
from ckanext.haugiang.launch.wheels import licenses

PLUGINS = (
    "haugiang scheming_datasets scheming_groups scheming_organizations dcat structured_data croissant datastore activity"
)
LOGGING = """
[loggers]
keys = root, ckan, common, ckanext, haugiang

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console

[logger_ckan]
level = WARNING
handlers = console
qualname = ckan
propagate = 0

[logger_common]
# CKAN warns at each start that settings of scheming "are not declared".
level = ERROR
handlers = console
qualname = ckan.common
propagate = 0

[logger_ckanext]
level = WARNING
handlers = console
qualname = ckanext
propagate = 0

[logger_haugiang]
level = INFO
handlers = console
qualname = ckanext.haugiang
propagate = 0

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(asctime)s %(levelname)-5.5s [%(name)s] %(message)s
"""


def addresses(settings: Settings, postgres: Postgres, redis: Redis) -> dict[str, str]:
    """Where the databases, Redis and the search are: the setting's address, or the embedded part's."""
    return {
        "sqlalchemy.url": settings.get("DATABASE_URL") or postgres.url(OWNER, DATABASE),
        "ckan.datastore.write_url": settings.get("DATASTORE_WRITE_URL") or postgres.url(WRITE, DATASTORE),
        "ckan.datastore.read_url": settings.get("DATASTORE_READ_URL") or postgres.url(READ, DATASTORE),
        "ckan.redis.url": settings.get("REDIS_URL") or redis.url(),
        "solr_url": settings.get("SOLR_URL") or "pgsearch://",
    }


def mail(settings: Settings) -> dict[str, str]:
    """The settings of mail, when there is a mail server."""
    if not settings.get("SMTP_SERVER"):
        return {}
    return {
        "smtp.server": settings.get("SMTP_SERVER"),
        "smtp.starttls": settings.get("SMTP_STARTTLS") or "true",
        "smtp.user": settings.get("SMTP_USER"),
        "smtp.password": settings.get("SMTP_PASSWORD"),
        "smtp.mail_from": settings.get("SMTP_FROM"),
        "email_to": settings.get("ERROR_EMAIL"),
        "error_email_from": settings.get("SMTP_FROM"),
    }


def options(home: Home, settings: Settings, secrets: Mapping[str, str]) -> dict[str, str]:
    """CKAN's settings that do not depend on where the services are."""
    licence_file = licenses()
    return {
        "use": "egg:ckan",
        "debug": "false",
        "ckan.site_id": secrets["site_id"],
        "ckan.site_url": settings.site_url,
        "ckan.site_title": "Cổng dữ liệu mở Hậu Giang",
        "ckan.plugins": PLUGINS,
        "ckan.locale_default": "vi",
        "ckan.locales_offered": "vi en",
        "ckan.locale_order": "vi en",
        "ckan.display_timezone": "Asia/Ho_Chi_Minh",
        "ckan.storage_path": str(home.storage),
        "ckan.max_resource_size": "500",
        "ckan.datastore.default_fts_lang": "simple",
        "ckan.datastore.sqlsearch.enabled": "false",
        **({"licenses_group_url": f"file://{licence_file}"} if licence_file else {}),
        # Secrets of this installation: sessions, forms and API tokens of another one are worthless here.
        "SECRET_KEY": secrets["secret_key"],
        "api_token.jwt.encode.secret": f"string:{secrets['token_secret']}",
        "api_token.jwt.decode.secret": f"string:{secrets['token_secret']}",
        # Accounts are made by administrators; nobody makes one, or a dataset without an owner, unasked.
        "ckan.auth.create_user_via_web": "false",
        "ckan.auth.create_user_via_api": "false",
        "ckan.auth.anon_create_dataset": "false",
        "ckan.auth.create_unowned_dataset": "false",
        "ckan.auth.create_dataset_if_not_in_organization": "false",
        "ckan.auth.user_create_groups": "false",
        "ckan.auth.user_create_organizations": "false",
        "ckan.auth.public_user_details": "false",
        "ckan.auth.public_activity_stream_detail": "false",
        "SESSION_COOKIE_HTTPONLY": "true",
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": str(settings.site_url.startswith("https://")).lower(),
        "REMEMBER_COOKIE_HTTPONLY": "true",
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": str(settings.site_url.startswith("https://")).lower(),
        "ckan.csrf_protection.ignore_extensions": "false",  # our forms are protected as CKAN's are
        "ckan.cors.origin_allow_all": "true",  # reading is open to every page; a cookie never goes along
        "ckan.hide_version": "true",
        "ckan.jobs.timeout": "3600",
    }


def write_ini(home: Home, settings: Settings, secrets: Mapping[str, str], postgres: Postgres, redis: Redis) -> None:
    """Write ``ckan.ini``, readable by its owner alone."""
    ours = addresses(settings, postgres, redis) | mail(settings)
    values = options(home, settings, secrets) | settings.ckan | ours
    lines = [f"{name} = {value.replace('%', '%%')}" for name, value in values.items()]
    head = "# Written by make up at each start. Change settings by HAUGIANG_ variables or in the file `settings`.\n"
    write_private(home.ini, head + "[app:main]\n" + "\n".join(lines) + "\n" + LOGGING)
