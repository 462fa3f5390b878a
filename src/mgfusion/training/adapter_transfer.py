"""Another encoder for a trained model: new adapters learn to say of its embeddings what the old ones said.

The network sees an embedding only through the vectors of :meth:`mgfusion.models.MGFusion.guidance`. So the
trained model, with its own encoder, is the teacher: for each picture its vectors are what the new adapters
must give from the new embeddings. That takes no label and no pixel after the embeddings, and seconds.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from mgfusion.data.layouts import Layout
from mgfusion.data.pairs import find_pairs
from mgfusion.data.splits import split_pairs
from mgfusion.errors import DataError, ModelError
from mgfusion.files import write_whole
from mgfusion.models import MGFusion, load_model, model_folder, save_model
from mgfusion.models.encoders import build_encoder
from mgfusion.thermal import IrRange
from mgfusion.training.callers_process import callers_process_kept
from mgfusion.training.code_version import code_version
from mgfusion.training.prepared_pictures import Prepared, save_split, set_statistics
from mgfusion.training.run_folder import claim_folder, delete_run, write_record
from mgfusion.training.run_record import data_facts, init_name

GUIDANCE = ("cii_ir.adapter.", "cii_ir.w_i", "cii_vis.adapter.", "cii_vis.w_i", "cff.ira.", "cff.via.")
STATISTICS = ("ir_mean", "vis_mean", "embed_std")
STEPS, RATE, DECAY = 600, 2e-3, 0.1
Embeddings = tuple[Tensor, Tensor]


def adapt(
    data: Sequence[str | Path],
    init: str | Path,
    encoder: str,
    out: str | Path,
    *,
    validation: float = 0.05,
    seed: int = 0,
    ir_range: IrRange = "auto",
    layout: Layout | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Move a trained model to another encoder and save it; the caller's random numbers stay as they are.

    Args:
        data: folders of unlabelled pairs, see :func:`mgfusion.data.pairs.find_pairs`.
        init: the trained model; its own encoder is needed too.
        encoder: see :func:`mgfusion.models.encoders.build_encoder`.
        out: gets ``model/`` (a folder that ``load_model`` takes), ``config.json`` and ``split.json``, which
            say what it was made of, and ``adapters.json``: by vector the share of its variance over the
            held-out pairs that the new adapters explain.
        validation: about this share of each data set is held out.
        seed: of the split and of the new adapters' random start.
        ir_range: see :func:`mgfusion.thermal.infrared_to_unit`.
        layout: how data sets of your own lie on disk, see :class:`mgfusion.data.layouts.Layout`.
        overwrite: delete the run that ``out`` holds, and nothing else there, once all is done.
        progress: called with (done, total) after each picture.

    Returns:
        The model's folder.

    Raises:
        RecipeError: ``out`` holds a run.
        OutputError: ``out`` can't be used.
        DataError, EncoderError: as their modules say.
        ModelError: no such model, or it has neither CII nor CFF; its weights cannot be read.
    """
    out = Path(out)
    claim_folder(out, resume=False, overwrite=overwrite)
    with callers_process_kept():
        return _adapt(data, init, encoder, out, validation, seed, ir_range, layout, overwrite, progress)


def _adapt(
    data: Sequence[str | Path],
    init: str | Path,
    encoder: str,
    out: Path,
    validation: float,
    seed: int,
    ir_range: IrRange,
    layout: Layout | None,
    overwrite: bool,
    progress: Callable[[int, int], None] | None,
) -> Path:
    teacher = load_model(init)
    check_guided(teacher, init)
    if teacher.placed:
        raise ModelError(
            f"{init} is guided by a map, and another encoder's places are not the same; only guidance by a "
            "vector can be moved"
        )
    backbone = build_encoder(encoder)
    pairs = [pair for root in data for pair in find_pairs(root, layout=layout)]
    train_pairs, held_out = split_pairs(pairs, validation, seed)
    if len(train_pairs) < 2:
        raise DataError(
            f"{len(train_pairs)} pairs are left to learn {encoder}'s adapters from; give some hundreds"
        )
    size = backbone(torch.zeros(1, 3, 64, 64)).shape[1]
    torch.manual_seed(seed)
    student = with_encoder(teacher, encoder, size)
    student.encoder = backbone

    prepared, ordered = Prepared(), [*train_pairs, *held_out]
    for done, pair in enumerate(ordered, 1):
        [picture] = prepared.load([pair], ir_range=ir_range)
        for model in (teacher, student):
            prepared.embed(model, picture)
        del prepared.pictures[pair]  # one at a time: hundreds of whole pictures are gigabytes
        if progress:
            progress(done, len(ordered))

    def embedded(model: MGFusion) -> Embeddings:
        rows = [prepared.embeddings[model.config.encoder, model.config.guidance, pair] for pair in ordered]
        return torch.cat([row[0] for row in rows]), torch.cat([row[1] for row in rows])

    with torch.no_grad():
        targets = teacher.guidance(embedded(teacher))
    explained = distil(student, embedded(student), targets, len(train_pairs))
    settings = {"encoder": encoder, "validation": validation, "seed": seed, "ir_range": ir_range}
    facts = {"init": init_name(init), **data_facts(data, train_pairs, held_out, layout), **code_version()}
    if overwrite:
        delete_run(out)
    write_record(out, {**settings, "model": asdict(student.config), "run": facts})
    save_split(out, train_pairs, held_out)
    write_whole(out / "adapters.json", json.dumps(explained, indent=1) + "\n", overwrite=True)
    about = json.loads((model_folder(init) / "config.json").read_text())
    about["adapters"] = f"those of {teacher.config.encoder}, moved to {encoder} on {len(train_pairs)} pairs"
    return save_model(student.eval(), out / "model", about={k: v for k, v in about.items() if k != "model"})


def check_guided(model: MGFusion, name: str | Path) -> None:
    """ModelError if there is nothing that looks at embeddings."""
    if not model.config.guided:
        raise ModelError(f"{name} has neither CII nor CFF, so it has no adapters and uses no encoder")


def freeze_all_but_adapters(model: MGFusion) -> None:
    """Only CII's Adapter and W_i and CFF's IRA and VIA get gradients."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(GUIDANCE))


def with_encoder(model: MGFusion, encoder: str, embed_dim: int) -> MGFusion:
    """A copy for another encoder: the same weights, but new adapters and W_i for ``embed_dim`` numbers."""
    student = MGFusion(replace(model.config, encoder=encoder, embed_dim=embed_dim))
    kept = {
        k: v for k, v in model.state_dict().items() if not k.startswith((*GUIDANCE, *STATISTICS, "encoder."))
    }
    student.load_state_dict(kept, strict=False)
    freeze_all_but_adapters(student)
    return student.eval()


def distil(
    student: MGFusion, embeddings: Embeddings, targets: dict[str, Tensor], count: int
) -> dict[str, float]:
    """Fit the student's adapters to the teacher's vectors.

    Args:
        student: from :func:`with_encoder`; trained in place, its mean and standard deviations set.
        embeddings: its encoder's, two tensors (P, E).
        targets: the teacher's :meth:`~mgfusion.models.MGFusion.guidance` of the same pictures, (P, C) each.
        count: the first so many pictures are for training, the others are held out.

    Returns:
        By vector: the share of its variance over the held-out pictures that is explained, at most 1; over the
        training pictures if none are held out.
    """
    embed_ir, embed_vis = embeddings
    set_statistics(student, embed_ir[:count], embed_vis[:count])
    spread = {name: (t[:count].var(0).mean() + 1e-12) for name, t in targets.items()}
    with torch.no_grad():
        for name, vectors in targets.items():
            last = last_layer(student, name)
            last.weight.zero_()
            last.bias.copy_(vectors[:count].mean(0))  # starts as the best constant

    parameters = [p for p in student.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS, pct_start=0.1)
    for _ in range(STEPS):
        # Mixtures of pictures: some hundreds of them are few beside E.
        share, other = torch.rand(count, 1), torch.randperm(count)

        def mixed(x: Tensor, share: Tensor = share, other: Tensor = other) -> Tensor:
            return torch.lerp(x[other], x[:count], share)

        said = student.guidance((mixed(embed_ir), mixed(embed_vis)))
        errors = [(said[name] - mixed(t)).square().mean() / spread[name] for name, t in targets.items()]
        loss = torch.stack(errors).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()

    part = slice(count, None) if count < len(embed_ir) else slice(None)
    with torch.no_grad():
        found = student.guidance((embed_ir[part], embed_vis[part]))
    return {
        name: 1 - float((found[name] - t[part]).square().mean() / spread[name]) for name, t in targets.items()
    }


def last_layer(model: MGFusion, vector: str) -> nn.Linear:
    """The last layer of the adapter that gives a vector of :meth:`~mgfusion.models.MGFusion.guidance`."""
    adapter = getattr(model.cff, vector) if vector in ("ira", "via") else getattr(model, vector).adapter
    last = adapter[-1]
    assert isinstance(last, nn.Linear)
    return last
