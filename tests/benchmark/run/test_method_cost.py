"""Costs in units: what is measured, what is remembered."""

import json

import numpy as np
import pytest

from mgfusion.benchmark.methods.method_specs import parse_method
from mgfusion.benchmark.run import method_cost
from mgfusion.benchmark.run.method_cost import Cost, measure


def test_units_are_the_least_time_in_least_times_of_the_unit_that_it_takes_turns_with(monkeypatch):
    torch = pytest.importorskip("torch")
    products = []
    monkeypatch.setattr(torch, "mm", lambda a, b: products.append((a.shape, a.dtype)))
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    monkeypatch.setattr(torch, "set_flush_denormal", lambda _: None)
    order = []

    def timed(work):
        before = len(products)
        work()
        order.append("unit" if len(products) > before else "work")
        seconds = (0.2 if order[-1] == "unit" else 0.5) * (2 if len(order) < 5 else 1)  # at first disturbed
        return None, {"seconds": 9.0, "cpu_seconds": seconds}

    monkeypatch.setattr("mgfusion.benchmark.run.jobs.timed", timed)
    best = method_cost.in_units(lambda: None)
    assert order == ["unit", "work"] * 5
    assert set(products) == {((2048, 2048), torch.float32)}
    assert best == {"units": pytest.approx(2.5), "seconds": 9.0, "cpu_seconds": 0.5}


def test_a_model_has_the_cost_of_its_network_alone_and_a_classical_method_has_none(tmp_path):
    methods = [parse_method("mgfusion-tiny"), parse_method("average")]
    costs = measure(methods, tmp_path / "costs.json")
    assert not any(cost.note for cost in costs.values())
    tiny, average = costs["mgfusion-tiny"], costs["average"]
    assert tiny.network_units > 0
    assert average.units > 0
    assert np.isnan(average.network_units)
    assert average.peak_mib < 200  # PyTorch, which the unit needs, is not the method's


@pytest.mark.parametrize(
    "before", ["", "{", "[]", '{"average": 3}', '{"average": {"fingerprint": "same", "cpu_seconds": 9}}']
)
def test_measurements_that_are_damaged_or_of_another_protocol_are_made_again(tmp_path, monkeypatch, before):
    known = tmp_path / "costs.json"
    known.write_text(before)
    monkeypatch.setattr("mgfusion.benchmark.run.fingerprints.method_fingerprint", lambda _: "same")
    monkeypatch.setattr(method_cost, "_in_fresh_process", lambda _: Cost(units=0.5))
    assert measure([parse_method("average")], known)["average"].units == 0.5
    assert json.loads(known.read_text())["average"]["units"] == 0.5
    monkeypatch.setattr(method_cost, "_in_fresh_process", lambda _: pytest.fail("measured again"))
    assert measure([parse_method("average")], known)["average"].units == 0.5
