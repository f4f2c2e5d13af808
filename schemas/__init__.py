"""Table schemas, dataset forms, code lists, boundaries and licences: data, read through ``importlib.resources``."""
