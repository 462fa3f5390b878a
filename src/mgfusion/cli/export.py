"""``mgfusion export``."""

from pathlib import Path

import click


@click.command()
@click.option("--model", default="mgfusion-base", show_default=True, help="A packaged one or a folder.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="ONNX file.  [<model>.onnx]")
@click.option("--half", is_flag=True, help="Float16 inside: half the size.")
@click.option("--int8", is_flag=True, help="8-bit convolutions: a third of the size, a visible change.")
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
def export(model: str, output: Path | None, half: bool, int8: bool, overwrite: bool) -> None:
    """Write a model as one ONNX file.

    The encoder is inside, and pictures may have any size. Inputs are ir (B, 1, H, W) and vis (B, 3, H, W),
    the output is fused (B, 1, H, W), the luminance; all float32 in [0, 1]. The file is compared with PyTorch
    on pictures of odd sizes before it appears. It prints the path, and on stderr the largest difference.
    Needs: pip install 'mgfusion[export]'.
    """
    from mgfusion.export.onnx_export import export_onnx

    output = output or Path(f"{Path(model).name}.onnx")
    done = export_onnx(model, output, half=half, int8=int8, overwrite=overwrite)
    click.echo(done.path)
    difference = (
        f"largest difference from PyTorch {done.largest:.4f} grey levels of 255, mean {done.mean:.4f}"
    )
    click.echo(f"{done.size / 1e6:.1f} MB, {difference}", err=True)
