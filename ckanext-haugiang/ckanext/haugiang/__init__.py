"""Hậu Giang open data portal: a CKAN extension."""
