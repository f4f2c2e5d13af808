"""The actions of the portal, as CKAN collects them."""

from __future__ import annotations

from ckanext.haugiang.logic.action.arriving import haugiang_file_place, haugiang_file_propose
from ckanext.haugiang.logic.action.core_actions import (
    datastore_create,
    datastore_delete,
    datastore_records_delete,
    datastore_upsert,
    package_create,
    package_show,
    package_update,
    resource_search,
)
from ckanext.haugiang.logic.action.drawings import haugiang_drawing_list
from ckanext.haugiang.logic.action.files import haugiang_file_show
from ckanext.haugiang.logic.action.narrowed import (
    datastore_search,
    format_autocomplete,
    group_activity_list,
    group_autocomplete,
    group_list,
    group_show,
    member_list,
    organization_activity_list,
    organization_autocomplete,
    organization_list,
    organization_show,
    package_collaborator_list,
    package_search,
    recently_changed_packages_activity_list,
    tag_autocomplete,
    tag_list,
    tag_search,
    tag_show,
    user_activity_list,
)
from ckanext.haugiang.logic.action.reports import haugiang_report_show, resource_validation_show
from ckanext.haugiang.logic.action.runs import haugiang_resource_validate, haugiang_run_list, haugiang_run_show
from ckanext.haugiang.logic.action.schemas import haugiang_schema_list, haugiang_schema_show
from ckanext.haugiang.logic.action.templates import haugiang_codelist_show, haugiang_schema_template
from ckanext.haugiang.logic.action.upkeep import haugiang_clean, haugiang_watch
from ckanext.haugiang.logic.action.withdrawn import haugiang_withdrawn
from ckanext.haugiang.logic.form_for_dcat import scheming_dataset_schema_show

__all__ = [
    "datastore_create",
    "datastore_delete",
    "datastore_records_delete",
    "datastore_search",
    "datastore_upsert",
    "format_autocomplete",
    "group_activity_list",
    "group_autocomplete",
    "group_list",
    "group_show",
    "haugiang_clean",
    "haugiang_codelist_show",
    "haugiang_drawing_list",
    "haugiang_file_place",
    "haugiang_file_propose",
    "haugiang_file_show",
    "haugiang_report_show",
    "haugiang_resource_validate",
    "haugiang_run_list",
    "haugiang_run_show",
    "haugiang_schema_list",
    "haugiang_schema_show",
    "haugiang_schema_template",
    "haugiang_watch",
    "haugiang_withdrawn",
    "member_list",
    "organization_activity_list",
    "organization_autocomplete",
    "organization_list",
    "organization_show",
    "package_collaborator_list",
    "package_create",
    "package_search",
    "package_show",
    "package_update",
    "recently_changed_packages_activity_list",
    "resource_search",
    "resource_validation_show",
    "scheming_dataset_schema_show",
    "tag_autocomplete",
    "tag_list",
    "tag_search",
    "tag_show",
    "user_activity_list",
]
