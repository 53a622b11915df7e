# SPDX-License-Identifier: Apache-2.0
"""A circuit as a picture: areas side by side, populations as boxes, projections as arrows."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

_COLOURS = {"forward": "#1f5fa8", "lateral": "#6b6b6b", "feedback": "#b0412b", "teaching": "#8a6d00"}
_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 120, 40, 90, 36, 24


def circuit_svg(circuit: Mapping[str, Any]) -> str:
    """Full lines learn, broken ones are fixed or follow another projection."""
    columns: dict[str, list[Mapping[str, Any]]] = {}
    stimulus, target = circuit["circuit"].get("stimulus"), circuit["circuit"].get("target")
    populations = circuit["population"]
    for p in [q for q in populations if q["name"] != target] + [q for q in populations if q["name"] == target]:
        external = p.get("kind") == "external"
        area = p["name"] if external else p["name"].split(".")[0]
        columns.setdefault(("0" if p["name"] == stimulus else "2" if external else "1") + area, []).append(p)
    places: dict[str, tuple[int, int]] = {}
    shapes: list[str] = []
    ordered = [columns[k] for k in sorted(columns, key=lambda k: k[0])]
    for i, column in enumerate(ordered):
        for j, p in enumerate(column):
            x, y = _MARGIN + i * (_WIDTH + _GAP_X), _MARGIN + j * (_HEIGHT + _GAP_Y)
            places[p["name"]] = (x, y)
            rounded = 0 if p.get("kind") == "external" else 9
            shapes.append(
                f"<rect x='{x}' y='{y}' width='{_WIDTH}' height='{_HEIGHT}' rx='{rounded}' fill='#f4f4f1' "
                f"stroke='#333'/><text x='{x + _WIDTH / 2}' y='{y + 17}' text-anchor='middle'>"
                f"{html.escape(p['name'])}</text><text x='{x + _WIDTH / 2}' y='{y + 32}' text-anchor='middle' "
                f"fill='#666'>{p['size']}</text>"
            )
    arrows = "".join(_arrow(p, places) for p in circuit["projection"])
    width = 2 * _MARGIN + len(ordered) * (_WIDTH + _GAP_X) - _GAP_X
    height = 2 * _MARGIN + max((len(c) for c in ordered), default=1) * (_HEIGHT + _GAP_Y)
    heads = "".join(
        f"<marker id='apical-{name}' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' "
        f"orient='auto'><path d='M0 0L8 4L0 8z' fill='{colour}'/></marker>"
        for name, colour in _COLOURS.items()
    )
    title = html.escape(circuit["circuit"]["name"])
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' role='img' "
        f"font-family='sans-serif' font-size='12'><title>{title}</title><defs>{heads}</defs>"
        f"{arrows}{''.join(shapes)}</svg>"
    )


def _arrow(projection: Mapping[str, Any], places: Mapping[str, tuple[int, int]]) -> str:
    pathway = projection.get("pathway", "forward")
    if projection["from"] not in places or projection["to"] not in places:
        return ""
    (x1, y1), (x2, y2) = places[projection["from"]], places[projection["to"]]
    rightwards = x2 > x1
    start: tuple[float, float] = (x1 + (_WIDTH if rightwards else 0), y1 + _HEIGHT * (0.35 if rightwards else 0.65))
    end: tuple[float, float] = (x2 + (0 if rightwards else _WIDTH), y2 + _HEIGHT * (0.35 if rightwards else 0.65))
    if x1 == x2:
        start, end = (x1 + _WIDTH * 0.4, y1 + _HEIGHT), (x2 + _WIDTH * 0.6, y2 + (0 if y2 > y1 else _HEIGHT))
    bend = 0 if abs(x2 - x1) <= _WIDTH + _GAP_X else _HEIGHT + 14
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + bend)
    dashes = "" if "rule" in projection else " stroke-dasharray='5 4'"
    label = html.escape(f"{projection['from']} → {projection['to']}.{projection['compartment']}, {pathway}")
    return (
        f"<path d='M{start[0]} {start[1]}Q{middle[0]} {middle[1]} {end[0]} {end[1]}' fill='none' "
        f"stroke='{_COLOURS.get(pathway, '#333')}' stroke-width='1.5' marker-end='url(#apical-{pathway})'{dashes}>"
        f"<title>{label}</title></path>"
    )
