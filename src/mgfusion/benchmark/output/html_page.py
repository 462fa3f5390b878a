"""The report as one HTML file: tables that sort, a viewer with a slider, figures, all inlined."""

import base64
import html
import io
import json
import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgfusion.evaluation.table_formats import Column, Table
from mgfusion.files import write_whole


@dataclass(frozen=True)
class Scene:
    """One pair in the viewer: its title, and pictures by name, (H, W) or (H, W, 3) uint8."""

    title: str
    pictures: dict[str, NDArray[np.uint8]]


@dataclass
class Report:
    """What the page shows, in order.

    Attributes:
        sections: (heading, parts); a part is a table, the path of a figure with its caption, or a paragraph.
        ours: names of our methods, which are set off in the tables; the viewer opens with the first.
        machine: what the run was made with, printed at the end.
    """

    title: str
    subtitle: str
    scenes: list[Scene]
    sections: list[tuple[str, list[Table | tuple[Path, str] | str]]]
    ours: tuple[str, ...] = ()
    machine: dict[str, object] = field(default_factory=dict)


def write_report(report: Report, path: Path) -> Path:
    """Write the page, whole or not at all."""
    template = resources.files("mgfusion.benchmark.output").joinpath("template.html").read_text("utf-8")
    sections = [("Pictures", _viewer(report))] if report.scenes else []
    sections += [(name, "\n".join(_part(p, report.ours) for p in parts)) for name, parts in report.sections]
    machine = html.escape(json.dumps(report.machine, indent=2, ensure_ascii=False))
    sections.append(("Environment", f"<pre>{machine}</pre>"))
    filled = {
        "TITLE": html.escape(report.title),
        "SUBTITLE": html.escape(report.subtitle),
        "NAV": "".join(f'<a href="#{_anchor(name)}">{html.escape(name)}</a>' for name, _ in sections),
        "BODY": "\n".join(
            f'<section id="{_anchor(name)}"><h2>{html.escape(name)}</h2>\n{body}\n</section>'
            for name, body in sections
        ),
        "SCENES": _scenes(report.scenes),
    }
    page = re.sub(r"\{\{([A-Z]+)\}\}", lambda match: filled[match[1]], template)
    return write_whole(path, page, overwrite=True)


def _anchor(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower())


def _part(part: "Table | tuple[Path, str] | str", ours: tuple[str, ...]) -> str:
    if isinstance(part, str):
        return f"<p>{html.escape(part)}</p>"
    if isinstance(part, Table):
        return _table(part, ours)
    path, caption = part
    return (
        f'<figure class="wide"><img src="{_inlined(path)}" alt="{html.escape(caption, quote=True)}" '
        f'loading="lazy"><figcaption>{html.escape(caption)}</figcaption></figure>'
    )


def _table(table: Table, ours: tuple[str, ...]) -> str:
    numeric = [
        bool(table.rows) and not isinstance(table.rows[0][i].value, str) for i in range(len(table.columns))
    ]
    groups = [c.group for c in table.columns]
    rows = []
    if len({g for g in groups if g}) > 1:
        cells, i = [], 0
        while i < len(groups):
            n = 1
            while i + n < len(groups) and groups[i + n] == groups[i]:
                n += 1
            cells.append(f'<th class="group" colspan="{n}">{html.escape(groups[i])}</th>')
            i += n
        rows.append(f"<tr>{''.join(cells)}</tr>")
    rows.append("<tr>" + "".join(_head(c, n) for c, n in zip(table.columns, numeric, strict=True)) + "</tr>")
    body = []
    for row in table.rows:
        cells = []
        for cell, column in zip(row, table.columns, strict=True):
            kind = "t" if isinstance(cell.value, str) else f"m{cell.mark}" if cell.mark else ""
            exact = "" if isinstance(cell.value, str) else f' data-v="{cell.value!r}"'
            cells.append(f'<td class="{kind}"{exact}>{html.escape(cell.text(column))}</td>')
        mine = ' class="ours"' if row[0].value in ours else ""
        body.append(f"<tr{mine}>{''.join(cells)}</tr>")
    key = ""
    if any(cell.mark for row in table.rows for cell in row):
        spans = "".join(
            f'<span class="m{i}">{n}</span>' for i, n in enumerate(("best", "second", "third"), 1)
        )
        key = f'<p class="key note">{spans}</p>'
    notes = "".join(f'<p class="note">{html.escape(note)}</p>' for note in table.notes)
    title = html.escape(table.title)
    whole = (
        f'<div class="scroll" tabindex="0"><table class="sortable" id="{html.escape(table.key)}">'
        f"<thead>{''.join(rows)}</thead><tbody>{''.join(body)}</tbody></table></div>{key}{notes}"
    )
    if table.folded:
        return f"<details><summary>{title}</summary>{whole}</details>"
    return f"<h3>{title}</h3>{whole}"


def _head(column: Column, numeric: bool) -> str:
    kind = "" if numeric else ' class="t"'
    better = f' data-better="{column.better}"' if column.better else ""
    return f"<th{kind}{better}><button>{html.escape(column.heading)}</button></th>"


def _viewer(report: Report) -> str:
    ours = report.ours[0] if report.ours else ""
    return _VIEWER.replace("OURS", html.escape(ours, quote=True))


_VIEWER = """\
<p class="soft">Two pictures of one scene, one on each side of the bar: drag it. Fused pictures are
shown in the colours of the visible one; scores are of their luminance.</p> <div class="viewer"
data-ours="OURS"> <div class="controls"> <label>Scene<select id="scene"></select></label> <label>Left<select
id="left"></select></label> <label>Right<select id="right"></select></label> </div> <div class="stage"
id="stage"> <img id="under" alt=""><img id="over" class="over" alt=""><div class="bar" id="bar"></div> <span
class="tag" id="lefttag" style="left:8px"></span><span class="tag" id="righttag" style="right:8px"></span>
</div> <input type="range" id="split" min="0" max="1000" value="500" aria-label="Where the left picture ends">
</div>"""


def _scenes(scenes: list[Scene]) -> str:
    entries = [
        {
            "title": scene.title,
            "width": next(iter(scene.pictures.values())).shape[1],
            "pictures": {name: _webp(picture) for name, picture in scene.pictures.items()},
        }
        for scene in scenes
    ]
    return json.dumps(entries, ensure_ascii=False).replace("</", "<\\/")


def _webp(picture: Any, quality: int = 80) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, "WEBP", quality=quality, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def _inlined(path: Path) -> str:
    from PIL import Image

    with Image.open(path) as picture:
        return _webp(np.asarray(picture.convert("RGB")), quality=90)
