"""Pure code: no CKAN, Flask, SQL, HTTP, clock or environment."""
