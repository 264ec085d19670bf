"""HTML pages of what was computed: the tour, and what a chapter of it is made of."""

from multispin.page.blocks import Chapter, Image, Picture, Table, Text
from multispin.page.tour import announce, main

__all__ = ["Chapter", "Image", "Picture", "Table", "Text", "announce", "main"]
