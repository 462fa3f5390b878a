"""``mgfusion align`` and ``calibrate``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mgfusion.cli.console import fail, one_line_messages, progress_bar

if TYPE_CHECKING:
    from mgfusion.registration import Alignment, Rig

_MODELS = click.Choice(["homography", "affine", "similarity", "shift"])
_ENOUGH = 40  # frames; more say nothing new


@click.command()
@click.argument("ir", type=click.Path(path_type=Path))
@click.argument("vis", type=click.Path(path_type=Path))
@click.option("--model", type=_MODELS, default="homography", show_default=True, help="What lies between.")
@click.option("--points", type=click.Path(path_type=Path), metavar="CSV", help="Use control points instead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the warped IR.")
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
def align(
    ir: Path, vis: Path, model: str, points: Path | None, as_json: bool, output: Path | None, overwrite: bool
) -> None:
    """Find how infrared IR lies upon visible VIS.

    Prints the matrix that brings infrared pixel centres (x, y, 1) to visible ones, and how sure it is,
    from 0 to 1: how likely it is right to 1 % of the visible width. --output writes the infrared as
    the visible camera would have seen it. --points takes a CSV file with the columns ir_x, ir_y, vis_x,
    vis_y. Exit code 1 where the answer is not to be trusted.
    """
    from mgfusion.engines.tuning import tune_process
    from mgfusion.images import check_target
    from mgfusion.registration import align as find
    from mgfusion.registration import read_points
    from mgfusion.registration.picture_planes import infrared_plane, visible_plane

    tune_process()
    with one_line_messages():
        if output is not None:
            check_target(output, overwrite)
        if points is None:
            found = find(ir, vis, model)  # type: ignore[arg-type]
        else:
            sizes = infrared_plane(ir).size, visible_plane(vis).size
            found = read_points(points, ir.stem, vis.stem).alignment(*sizes)
        if as_json:
            click.echo(json.dumps(_as_json(found)))
        else:
            click.echo(found.summary())
            for row in found.matrix:
                click.echo("  " + " ".join(f"{value:14.8g}" for value in row))
        if not found.trusted:
            fail(
                f"{ir} and {vis}: can't tell how they lie on each other; the matrix above is a guess. Mark "
                "points (--points), or calibrate the rig with more frames (mgfusion calibrate)",
                1,
            )
        if output is not None:
            _write(found, ir, output, overwrite)


def _as_json(found: "Alignment") -> dict[str, object]:
    return {
        "matrix": found.matrix.tolist(),
        "confidence": round(found.confidence, 4),
        "trusted": found.trusted,
        "ir_size": list(found.ir_size),
        "vis_size": list(found.vis_size),
    }


def _write(found: "Alignment", ir: Path, output: Path, overwrite: bool) -> None:
    from mgfusion.images import write_image
    from mgfusion.thermal import read_thermal

    array = read_thermal(ir).array
    click.echo(write_image(output, found.warp(array)[0], overwrite))


@click.command()
@click.argument("ir_dir", type=click.Path(path_type=Path))
@click.argument("vis_dir", required=False, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("rig.json"), show_default=True)
@click.option("--model", type=_MODELS, default="homography", show_default=True, help="What lies between.")
@click.option("--points", type=click.Path(path_type=Path), metavar="CSV", help="Use control points instead.")
@click.option("--frames", type=click.IntRange(1), default=_ENOUGH, show_default=True, help="At most.")
@click.option("--recursive", is_flag=True, help="Enter subfolders.")
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
def calibrate(
    ir_dir: Path,
    vis_dir: Path | None,
    output: Path,
    model: str,
    points: Path | None,
    frames: int,
    recursive: bool,
    overwrite: bool,
) -> None:
    """Find how the cameras of a rig lie, from many frames.

    IR_DIR and VIS_DIR hold pictures that belong together by name, as for `mgfusion fuse`. Writes one
    transform to rig.json, for `mgfusion fuse --align rig.json`, and says what error it expects and which
    frames it left out. Take frames of far things with edges all over the view. --points takes a CSV file
    with the columns ir_x, ir_y, vis_x, vis_y: places marked in both pictures, of one frame or of several.
    """
    from mgfusion.engines.tuning import tune_process
    from mgfusion.errors import DataError, OutputError
    from mgfusion.images.name_pairing import find_partners
    from mgfusion.registration import Rig as Found
    from mgfusion.registration import calibrate as find
    from mgfusion.registration import read_points
    from mgfusion.registration.picture_planes import infrared_plane, visible_plane

    tune_process()
    with one_line_messages():
        if output.exists() and not overwrite:
            raise OutputError(
                f"{output}: exists already; choose another name or allow overwriting (--overwrite)"
            )
        partners = find_partners(ir_dir, vis_dir, recursive=recursive)
        pairs = list(partners.pairs)
        for path in (*partners.ir_only, *partners.vis_only):
            click.echo(f"without a partner: {path}", err=True)
        if not pairs:
            raise DataError(
                f"{ir_dir}: no pairs to calibrate with; give both cameras' pictures, alike in name"
            )
        if points is not None:
            sizes = infrared_plane(pairs[0][0]).size, visible_plane(pairs[0][1]).size
            found = read_points(points).alignment(*sizes)
            rig = Found(found.matrix, found.ir_size, found.vis_size)
        else:
            if len(pairs) > frames:
                click.echo(f"{frames} of {len(pairs)} pairs, evenly spread (--frames)", err=True)
                pairs = [pairs[k * len(pairs) // frames] for k in range(frames)]
            with progress_bar() as progress:
                task = progress.add_task("aligning", total=len(pairs))
                rig = find(
                    pairs,
                    model,
                    names=[ir.name for ir, _ in pairs],
                    progress=lambda name: progress.advance(task),
                )
        for name, why in rig.left_out:
            click.echo(f"left out: {name}: {why}", err=True)
        click.echo(_told(rig), err=True)
        click.echo(rig.save(output, overwrite=overwrite))


def _told(rig: "Rig") -> str:
    if not rig.used:
        return "from control points"
    wide = rig.vis_size[0]
    error = (
        "too few frames to say what error to expect"
        if rig.expected_error != rig.expected_error
        else f"expected error {100 * rig.expected_error:.2f} % of the width "
        f"({rig.expected_error * wide:.1f} pixels)"
    )
    return f"{len(rig.used)} frames; {error}; single frames lie {100 * rig.parallax:.2f} % beside it (median)"
