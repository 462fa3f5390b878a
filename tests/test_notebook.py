"""The notebook runs top to bottom and shows what it promises."""

import os
from pathlib import Path

import nbclient
import nbformat
import pytest

NOTEBOOK = Path(__file__).parents[1] / "docs" / "first_steps.ipynb"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # kept without, so none is out of date
    folder = tmp_path_factory.mktemp("notebook")
    os.environ.setdefault("IPYTHONDIR", str(folder / "ipython"))
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return notebook, folder


def test_it_runs_and_draws_two_sheets_and_writes_the_picture(run):
    notebook, folder = run
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output for output in outputs if output.output_type == "error"]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 2
    assert (folder / "fused.png").is_file()


def test_what_it_says_of_the_pictures_is_true(run):
    """Fused has more hot contrast than the visible picture alone, and keeps most of its texture."""
    printed = "".join(
        output.text for cell in run[0].cells for output in cell.get("outputs", ()) if "text" in output
    )
    of_fused, of_visible = (float(line.split("HTC ")[1]) for line in printed.splitlines() if "HTC" in line)
    assert of_fused > of_visible + 0.2
    assert float(printed.split("texture kept")[1].split()[0]) > 0.5
