"""Read: what a file is, and its rows as columns of text with their true place.

`detect` tells format, letters and dialect from the bytes; `open_tables` gives the tables; each yields `Block`s.
"""

from ckanext.haugiang.core.read.block import Block, Merged, Table, column_letter, column_number
from ckanext.haugiang.core.read.detection import Detection, detect, open_tables
from ckanext.haugiang.core.read.limits import ReadLimits

__all__ = [
    "Block",
    "Detection",
    "Merged",
    "ReadLimits",
    "Table",
    "column_letter",
    "column_number",
    "detect",
    "open_tables",
]
