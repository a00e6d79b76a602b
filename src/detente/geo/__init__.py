"""Where things are: coordinates read as cells, names, areas, geodesic distances, three-valued answers at an edge.

Pure: no files, no clock. Public positions are WGS84, integer 1e-7 degrees (`lat`, `lon`); lengths that may be signed
are integer millimetres (`*_mm`) or metres; distances that are computed are float metres.
"""
