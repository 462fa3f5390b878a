"""What mgfusion-nano's network costs, beside one of as few parameters as MMDRFuse, on one thread.

    python scripts/nano_cost.py     # on a machine that does nothing else; fills docs/model_card_nano.md in

MMDRFuse (ACM MM 2024) has 113 parameters; so have three 3x3 convolutions over the whole picture, 2 to 2,
2 to 2 and, of both outputs, 4 to 1. They stand in for it: what such a size costs doesn't depend on more.
"""

import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from mgfusion import Fuser, tune_process
from mgfusion.benchmark.run.method_cost import SIZE, in_units
from page_marks import fill

PAGE = Path(__file__).parents[1] / "docs" / "model_card_nano.md"


class Smallest(nn.Module):
    """113 parameters at full size."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(2, 2, 3, padding=1) for _ in range(2))
        self.last = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, ir: Tensor, vis: Tensor) -> Tensor:
        first = self.first(torch.cat([ir, vis], dim=1)).relu()
        return torch.sigmoid(self.last(torch.cat([first, self.second(first).relu()], dim=1)))


def least_seconds(work: Callable[[], object], runs: int = 15) -> float:
    """CPU seconds of the fastest of runs one after another."""
    work()
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def main() -> None:
    """Measure both and fill the table in."""
    tune_process()
    torch.set_num_threads(1)
    smallest = Smallest().eval()
    assert sum(p.numel() for p in smallest.parameters()) == 113
    nano = Fuser("mgfusion-nano", device="cpu").model
    ir, vis = torch.rand(2, 1, 1, *SIZE)
    a, b = torch.rand(2, 2048, 2048)
    rows = ["| network, 640 x 480 | one call after another | between two products |", "|---|---|---|"]
    with torch.inference_mode():
        for name, network in (("mgfusion-nano", nano), ("113 parameters at full size", smallest)):

            def call(network: nn.Module = network) -> object:
                return network(ir, vis)

            warm = least_seconds(call) / least_seconds(lambda: a @ b, 5)
            rows.append(f"| {name} | {warm:.3f} | {in_units(call)['units']:.3f} |")
    fill(PAGE, "cost", "\n".join(rows))


if __name__ == "__main__":
    main()
