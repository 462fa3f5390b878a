"""Tables as data, and as CSV, Markdown and LaTeX."""

import csv
import io
import math
from dataclasses import dataclass

ARROWS = {"higher": "↑", "lower": "↓", "nearer 0": "→0", "": ""}


@dataclass(frozen=True)
class Column:
    """A column: title, the group that it stands under, how numbers are written, which way is better."""

    title: str
    group: str = ""
    decimals: int = 4
    better: str = ""

    @property
    def heading(self) -> str:
        """The title with its arrow."""
        return f"{self.title} {ARROWS[self.better]}".strip()


@dataclass(frozen=True)
class Cell:
    """A number or a text; ``mark`` is 1, 2, 3 for the best three of a column."""

    value: float | str
    mark: int = 0

    def text(self, column: Column) -> str:
        """As printed."""
        if isinstance(self.value, str):
            return self.value
        return "–" if math.isnan(self.value) else f"{self.value:.{column.decimals}f}"


@dataclass(frozen=True)
class Table:
    """A table: file name, title, columns, rows, notes; ``folded`` hides it in the report until opened."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    folded: bool = False


def to_csv(table: Table) -> str:
    """One header line; numbers at full precision, empty where there is none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([f"{c.group} {c.title}".strip() for c in table.columns])
    for row in table.rows:
        writer.writerow(["" if isinstance(c.value, float) and math.isnan(c.value) else c.value for c in row])
    return out.getvalue()


def to_markdown(table: Table) -> str:
    """A GitHub table; the best three are bold, underlined and in italics."""
    several = len({c.group for c in table.columns if c.group}) > 1
    titles = [f"{c.group} {c.heading}".strip() if several else c.heading for c in table.columns]
    numeric = [
        not isinstance(table.rows[0][i].value, str) if table.rows else False for i in range(len(titles))
    ]
    lines = [
        f"| {' | '.join(titles)} |",
        f"|{'|'.join('---:' if n else '---' for n in numeric)}|",
    ]
    for row in table.rows:
        texts = [c.text(col).replace("|", "\\|") for c, col in zip(row, table.columns, strict=True)]
        marks = {1: "**{}**", 2: "<u>{}</u>", 3: "*{}*"}
        texts = [marks.get(c.mark, "{}").format(t) for c, t in zip(row, texts, strict=True)]
        lines.append(f"| {' | '.join(texts)} |")
    notes = "".join(f"\n{note}\n" for note in table.notes)
    title = f"**{table.title}**\n\n" if table.title else ""
    return title + "\n".join(lines) + "\n" + notes


_LATEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--",
    "↑": r"$\uparrow$", "↓": r"$\downarrow$", "→": r"$\to$", "×": r"$\times$", "†": r"$\dagger$",
    "‡": r"$\ddagger$", "±": r"$\pm$", "≤": r"$\leq$", "²": r"$^2$",
}  # fmt: skip
_LATEX_TITLES = {"Qabf": "$Q_{AB/F}$", "Qcv": "$Q_{CV}$"}


def to_latex(table: Table) -> str:
    """A table with booktabs; best bold, second underlined, third in italics."""
    groups: list[tuple[str, int]] = []
    for column in table.columns:
        if groups and groups[-1][0] == column.group:
            groups[-1] = (column.group, groups[-1][1] + 1)
        else:
            groups.append((column.group, 1))
    numeric = (
        [not isinstance(c.value, str) for c in table.rows[0]] if table.rows else [False] * len(table.columns)
    )
    lines = [
        r"\begin{table*}[t]",
        r"  \centering",
        rf"  \caption{{{_latex(table.title)}}}",
        rf"  \label{{tab:{table.key}}}",
        rf"  \begin{{tabular}}{{{''.join('r' if n else 'l' for n in numeric)}}}",
        r"    \toprule",
    ]
    if len([g for g, _ in groups if g]) > 1:
        lines.append("    " + " & ".join(_spanning(group, n) for group, n in groups) + r" \\")
        lines.append("    " + _rules(groups))
    titles = [
        _latex(_LATEX_TITLES.get(c.title, c.title) + f" {ARROWS[c.better]}".rstrip()) for c in table.columns
    ]
    lines += ["    " + " & ".join(titles) + r" \\", r"    \midrule"]
    marks = {1: r"\textbf{%s}", 2: r"\underline{%s}", 3: r"\textit{%s}"}
    for row in table.rows:
        cells = zip(row, table.columns, strict=True)
        texts = [marks.get(cell.mark, "%s") % _latex(cell.text(column)) for cell, column in cells]
        lines.append("    " + " & ".join(texts) + r" \\")
    lines += [r"    \bottomrule", r"  \end{tabular}"]
    lines += [rf"  \par\smallskip {{\footnotesize {_latex(note)}}}" for note in table.notes]
    return "\n".join([*lines, r"\end{table*}"]) + "\n"


def _latex(text: str) -> str:
    if text.startswith("$Q"):  # a title that is LaTeX already
        title, _, arrow = text.partition(" ")
        return f"{title} {_LATEX.get(arrow, '')}".strip()
    return "".join(_LATEX.get(c, c) for c in text)


def _spanning(group: str, n: int) -> str:
    if n == 1:
        return _latex(group)
    return rf"\multicolumn{{{n}}}{{c}}{{{_latex(group)}}}"


def _rules(groups: list[tuple[str, int]]) -> str:
    rules, at = [], 1
    for group, n in groups:
        if group:
            rules.append(rf"\cmidrule(lr){{{at}-{at + n - 1}}}")
        at += n
    return " ".join(rules)
