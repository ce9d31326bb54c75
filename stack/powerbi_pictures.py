"""docs/pictures/power-bi-*.svg: the model view and the report's pages as boxes, from what the project is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from xml.etree import ElementTree

from saldo.powerbi.columns import Loaded, loaded
from saldo.powerbi.layout import HEIGHT, WIDTH, diagrams
from saldo.powerbi.relationships import Relationship, relationships
from saldo.powerbi.report import HEIGHT as PAGE_HEIGHT
from saldo.powerbi.report import PAGES, Page, Visual
from saldo.powerbi.report import WIDTH as PAGE_WIDTH
from saldo.warehouse.catalogue import Table

_STYLE = """
text { font: 15px system-ui, sans-serif; fill: #1c2733; }
.head { font-weight: 600; } .small { font-size: 12px; fill: #55606d; } .page { font-size: 22px; font-weight: 600; }
.table { fill: #ffffff; stroke: #7a8694; } .fact { fill: #e6eef8; } .dimension { fill: #e9f5ec; } .hidden { fill: #f1f1f1; }
.line { stroke: #4a6fa5; stroke-width: 1.6; fill: none; } .inactive { stroke-dasharray: 7 5; stroke: #9aa4af; }
.sheet { fill: #f7f8fa; stroke: #7a8694; } .visual { fill: #ffffff; stroke: #b5bec8; }
"""
#: The star that is drawn: the one most measures are of.
_DRAWN = "Journal entries"
_EDGE = 30
#: Width of a small letter, rather too much.
_LETTER = 7


def pictures(mart: Mapping[str, Table]) -> dict[str, str]:
    """File name below docs/pictures -> SVG."""
    tables = loaded(mart)
    return {"power-bi-model.svg": _model(tables), "power-bi-pages.svg": _pages()}


def _svg(width: int, height: int, title: str) -> ElementTree.Element:
    svg = ElementTree.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=str(width),
        height=str(height),
        role="img",
    )
    ElementTree.SubElement(svg, "title").text = title
    ElementTree.SubElement(svg, "style").text = _STYLE
    _box(svg, 0, 0, width, height, "", fill="#ffffff")
    return svg


def _text_of(svg: ElementTree.Element) -> str:
    ElementTree.indent(svg)
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


def _box(svg: ElementTree.Element, x: float, y: float, width: float, height: float, kind: str, **more: str) -> None:  # fmt: skip
    where = {"x": f"{x:g}", "y": f"{y:g}", "width": f"{width:g}", "height": f"{height:g}"}
    ElementTree.SubElement(svg, "rect", {**where, **({"class": kind} if kind else {}), **more})


def _say(svg: ElementTree.Element, x: float, y: float, text: str, kind: str = "") -> None:
    where = {"x": f"{x:g}", "y": f"{y:g}", **({"class": kind} if kind else {})}
    ElementTree.SubElement(svg, "text", where).text = text


# --- the model -----------------------------------------------------------------------------------


def _model(tables: Sequence[Loaded]) -> str:
    places = diagrams(tables)[_DRAWN]
    width = max(x for x, _ in places.values()) + WIDTH + 2 * _EDGE
    height = max(y for _, y in places.values()) + HEIGHT + 2 * _EDGE
    svg = _svg(width, height, f"{_DRAWN} and its dimensions in the model view of Power BI")
    own = [one for one in relationships(tables) if one.fact == _DRAWN]
    for place, one in enumerate(own):
        _relate(svg, places, one, place, len(own))
    by_name = {of.table.name: of for of in tables}
    for name, (x, y) in places.items():
        _draw_table(svg, by_name[name], x + _EDGE, y + _EDGE)
    return _text_of(svg)


def _relate(
    svg: ElementTree.Element,
    places: Mapping[str, tuple[int, int]],
    of: Relationship,
    place: int,
    count: int,
) -> None:
    (fx, fy), (dx, dy) = places[of.fact], places[of.dimension]
    is_above = dy < fy
    start = fx + _EDGE + WIDTH * (place + 1) / (count + 1)
    begin = fy + _EDGE + (0 if is_above else HEIGHT)
    end = dx + _EDGE + WIDTH / 2
    stop = dy + _EDGE + (HEIGHT if is_above else 0)
    middle = (begin + stop) / 2
    path = (
        f"M {start:.0f} {begin} C {start:.0f} {middle:.0f} {end:.0f} {middle:.0f} {end:.0f} {stop}"
    )
    kind = "line" if of.is_active else "line inactive"
    ElementTree.SubElement(svg, "path", {"class": kind, "d": path})
    _say(svg, start - 4, begin + (-6 if is_above else 16), "*", "small")
    _say(svg, end + 6, stop + (14 if is_above else -6), "1", "small")


def _draw_table(svg: ElementTree.Element, of: Loaded, x: int, y: int) -> None:
    _box(svg, x, y, WIDTH, HEIGHT, "table")
    _box(svg, x, y, WIDTH, 30, "table fact" if of.table.is_fact else "table dimension")
    _say(svg, x + 10, y + 21, of.table.name, "head")
    shown = [column.name for column in of.columns if not column.is_hidden]
    room = 9
    for line, name in enumerate(shown[:room]):
        _say(svg, x + 12, y + 50 + 18 * line, name, "small")
    if len(shown) > room:
        _say(
            svg, x + 12, y + 50 + 18 * room, f"and {len(shown) - room} more", "small"
        )  # fmt: skip


# --- the report ----------------------------------------------------------------------------------


def _pages() -> str:
    step = PAGE_HEIGHT + 80
    svg = _svg(PAGE_WIDTH + 2 * _EDGE, step * len(PAGES) + _EDGE, "The pages of the starter report")
    for place, page in enumerate(PAGES):
        _draw_page(svg, page, _EDGE, _EDGE + place * step)
    return _text_of(svg)


def _draw_page(svg: ElementTree.Element, page: Page, x: int, y: int) -> None:
    _say(svg, x, y + 14, page.title, "page")
    y += 30
    _box(svg, x, y, PAGE_WIDTH, PAGE_HEIGHT, "sheet")
    for visual in page.visuals:
        box = visual.box
        _box(svg, x + box.x, y + box.y, box.width, box.height, "visual")
        for line, (text, kind) in enumerate(_words(visual)):
            _say(svg, x + box.x + 10, y + box.y + 22 + 20 * line, text, kind)


def _words(visual: Visual) -> Iterator[tuple[str, str]]:
    yield visual.title, "page" if visual.kind == "textbox" else "head"
    if visual.kind in ("card", "slicer"):
        yield visual.kind, "small"
    elif visual.kind != "textbox":
        yield visual.kind, "small"
        for role, fields in visual.roles.items():
            said = f"{role}: {', '.join(field.name for field in fields)}"
            for line in wrap(said, visual.box.width // _LETTER):
                yield line, "small"
