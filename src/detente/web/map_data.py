"""What the map draws, as GeoJSON: areas of every state and opposition areas. Edges follow the shortest way, as the judge's do.

Nominated places are not here: mutual points leave by no map.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from geographiclib.geodesic import Geodesic

from detente.model.shapes import E7

STEP = 5_000.0
"""Metres between the points that a geodesic edge is drawn with."""
CORNERS = 72


def features(answer: dict[str, Any]) -> dict[str, Any]:
    """The desk's answer as a feature collection; each feature says what it is, whose, and since when."""
    found = [
        _feature(one["shape"], area=one["area"], version=one["version"], state=one["state"], kind=one["class"],
                 keys=sorted(one["keys"]))
        for one in answer["areas"]
        if one["state"] in ("proposed", "countered", "agreed")
    ]  # fmt: skip
    found += [
        _feature(one["shape"], area=one["area"], kind="opposition", state="named", keys=[one["by"]])
        for one in answer["opposition"]
    ]
    return {"type": "FeatureCollection", "features": found}


def _feature(shape: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": facts, "geometry": drawn(shape)}


def drawn(shape: dict[str, Any]) -> dict[str, Any]:
    """A shape in degrees as it is drawn: circles as rings, geodesic edges with points on the way."""
    if shape["type"] == "circle":
        lon, lat = (each / E7 for each in shape["coordinates"])
        return {"type": "Polygon", "coordinates": [_circle(lon, lat, shape["radius"])]}
    if shape["type"] == "polygon":
        return {"type": "Polygon", "coordinates": [_ring(ring) for ring in shape["coordinates"]]}
    return {"type": "Point", "coordinates": [each / E7 for each in shape["coordinates"]]}


def _circle(lon: float, lat: float, radius: float) -> list[list[float]]:
    ways = (Geodesic.WGS84.Direct(lat, lon, 360 * at / CORNERS, radius) for at in range(CORNERS + 1))
    return [[round(way["lon2"], 6), round(way["lat2"], 6)] for way in ways]


def _ring(ring: list[list[int]]) -> list[list[float]]:
    points: list[list[float]] = []
    for (lon1, lat1), (lon2, lat2) in itertools.pairwise(ring):
        line = Geodesic.WGS84.InverseLine(lat1 / E7, lon1 / E7, lat2 / E7, lon2 / E7)
        count = max(1, math.ceil(line.s13 / STEP))
        for at in range(count):
            way = line.Position(line.s13 * at / count)
            points.append([round(way["lon2"], 6), round(way["lat2"], 6)])
    points.append([ring[-1][0] / E7, ring[-1][1] / E7])
    return points
