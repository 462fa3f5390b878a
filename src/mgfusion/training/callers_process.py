"""A run inside somebody's program: its process is afterwards as it was."""

import logging
import os
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from mgfusion.training.decoded_size import CHOSEN

_LOGGERS = ("lightning.pytorch", "lightning.fabric")
_VARIABLES = ("PL_GLOBAL_SEED", "PL_SEED_WORKERS", CHOSEN)
_ADVICE = (
    ".*exists and is not empty",
    ".*does not have many workers",
    ".*module.s. in eval mode",
    ".*LeafSpec",
    ".*have no `val_dataloader`",
    ".*your dataloader is not resumable",  # it is: data.crops.EpochSampler.skip
    ".*callbacks used to create the checkpoint",
)


@contextmanager
def callers_process_kept() -> Iterator[None]:
    """Seeds, random numbers, warning filters and log levels set inside end with it.

    Inside, Lightning's advice about hardware, loggers and folders is kept off the user's terminal.
    """
    torch_state, torch_seed, cuda_states = torch.get_rng_state(), torch.initial_seed(), _cuda_states()
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    variables = {name: os.environ.get(name) for name in _VARIABLES}
    try:
        with warnings.catch_warnings():
            for pattern in _ADVICE:
                warnings.filterwarnings("ignore", pattern)
            for name in _LOGGERS:
                logging.getLogger(name).setLevel(logging.WARNING)
            yield
    finally:
        torch.set_rng_state(torch_state)
        if cuda_states:
            torch.cuda.set_rng_state_all(cuda_states)
        elif _cuda_runs():  # by the run: as if by what comes after it
            torch.cuda.manual_seed_all(torch_seed)
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        for variable, value in variables.items():
            if value is None:
                os.environ.pop(variable, None)
            else:
                os.environ[variable] = value


def _cuda_states() -> list[torch.Tensor]:
    """Of all GPUs; none where nothing has asked for one yet: reading them would start it."""
    return torch.cuda.get_rng_state_all() if _cuda_runs() else []


def _cuda_runs() -> bool:
    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]
