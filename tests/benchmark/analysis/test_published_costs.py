"""A file of what published networks cost."""

import pytest

from mgfusion.benchmark.analysis.published_costs import PublishedCost, read_published_costs
from mgfusion.errors import BenchmarkError


def test_units_and_what_was_measured_are_read(tmp_path):
    path = tmp_path / "cost.csv"
    path.write_text('method,units,what\nSeAFusion,12.1,"network, public weights"\n')
    assert read_published_costs(path) == {"SeAFusion": PublishedCost(12.1, "network, public weights")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("method,seconds\nA,1\n", "lacks the column 'units'"),
        ("", "lacks the column 'method'"),
        ("method,units,what\nA,fast,x\n", "A has units 'fast'"),
        ("method,units,what\nA,0,x\n", "A has units '0'"),
        ("method,units,what\nA,nan,x\n", "A has units 'nan'"),
        ("method,units,what\nA\n", "A has units None"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(tmp_path, text, message):
    path = tmp_path / "cost.csv"
    path.write_text(text)
    with pytest.raises(BenchmarkError, match=r"cost\.csv") as caught:
        read_published_costs(path)
    assert message in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BenchmarkError, match=r"none\.csv: costs can't be read"):
        read_published_costs(tmp_path / "none.csv")
