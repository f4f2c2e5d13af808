"""Tests of the language use the portal of the pipeline's tests."""

from __future__ import annotations

from pipeline.conftest import portal

__all__ = ["portal"]
