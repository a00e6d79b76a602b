"""The vendored files of the pages by name and version; `static/vendor/VENDOR` says whose they are, `tools/vendor` fetches them."""

from __future__ import annotations

OL_JS = "ol-10.11.0.js"
OL_CSS = "ol-10.11.0.css"
