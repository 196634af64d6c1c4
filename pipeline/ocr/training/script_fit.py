"""Fits the network that tells print from handwriting, and its settings, to rows of `benchmarks.script_rows`:

    python -m benchmarks.script_rows --out script.jsonl
    python -m pipeline.ocr.training.script_fit script.jsonl --out pipeline/ocr/print_weights.py

Everything is chosen by leaving out: typefaces and hands are dealt into four parts, and what is said of a part comes
from networks that saw none of its typefaces or hands. The same rows give the same file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.ocr.print_net import Net, Settling
from pipeline.ocr.script import PRINT_FROM
from pipeline.ocr.training.logistic import Matrix, Vector
from pipeline.ocr.training.network import Fitted, fit_network

FOLDS: Final = 4
MEMBERS: Final = 3
NODES: Final = 8
RIDGES: Final = (3e-4, 1e-3, 3e-3)
MOST_HAND_AS_PRINT: Final = 0.0025
"""Half of what is allowed: hands that nobody has seen yet are taken for print more often than these."""
PAGE_WEIGHTS: Final = (0.5, 1.0, 1.5, 2.0, 3.0)
CLEARLY_HAND: Final = (-1.0, -2.0, -3.0, -4.0)
BIASES: Final = tuple(np.round(np.arange(-3.0, 1.01, 0.25), 2).tolist())
PRINT_ODDS: Final = float(np.log(PRINT_FROM / (1.0 - PRINT_FROM)))
Places: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ScriptRows:
    """Entries as arrays: `measures` `(rows, names)`, `is_print` 0.0 or 1.0, `page` and `fold` numbers."""

    names: tuple[str, ...]
    measures: Matrix
    is_print: Vector
    page: Places
    fold: Places

    def weights(self) -> Vector:
        """Print and handwriting count the same in all."""
        share = float(self.is_print.mean())
        return np.where(self.is_print > 0.5, 0.5 / share, 0.5 / (1.0 - share))


def parse_script_rows(lines: Iterable[str]) -> ScriptRows:
    """Rows of JSON lines.

    Raises:
        ValueError: a line is no row; the message holds its number.
    """
    measures, is_print, pages, groups = [], [], [], []
    names: tuple[str, ...] = ()
    for number, line in enumerate(lines, start=1):
        try:
            part = json.loads(line)
            names = names or tuple(part["measures"])
            measures.append([float(part["measures"][name]) for name in names])
            is_print.append(float(part["print"]))
            pages.append(str(part["page"]))
            groups.append(f"{part['print']}:{part['group']}")
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number} is no row: {error!r}") from error
    return ScriptRows(names, np.array(measures), np.array(is_print), _numbers(pages), _dealt(groups))


def _numbers(names: Sequence[str]) -> Places:
    place = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return np.array([place[name] for name in names], dtype=np.int64)


def _dealt(groups: Sequence[str]) -> Places:
    """Each group's part: groups by name dealt in turn, so that print and handwriting are spread over all parts."""
    part = {group: at % FOLDS for at, group in enumerate(sorted(set(groups)))}
    return np.array([part[group] for group in groups], dtype=np.int64)


def fit_members(rows: ScriptRows, chosen: npt.NDArray[np.bool_], *, ridge: float) -> tuple[Fitted, ...]:
    """Networks that differ by their start alone; their mean is steadier on what none has seen."""
    return tuple(
        fit_network(
            rows.measures[chosen],
            rows.is_print[chosen],
            weights=rows.weights()[chosen],
            nodes=NODES,
            ridge=ridge,
            seed=seed,
        )
        for seed in range(MEMBERS)
    )


def unseen_log_odds(rows: ScriptRows, *, ridge: float) -> Vector:
    """Of each entry, by networks that saw neither its typeface nor its hand."""
    odds = np.zeros(len(rows.is_print))
    for fold in range(FOLDS):
        own = rows.fold == fold
        members = fit_members(rows, ~own, ridge=ridge)
        odds[own] = np.mean([member.log_odds(rows.measures[own]) for member in members], axis=0)
    return odds


def settled(odds: Vector, page: Places, rule: Settling) -> Vector:
    """As `script.settle_script` does it, for all pages at once."""
    held = np.clip(odds, -rule.held, rule.held)
    counts, sums = np.bincount(page)[page] - 1, np.bincount(page, weights=held)[page] - held
    others = np.where(counts > 0, sums / np.maximum(1, counts), 0.0)
    added = odds + rule.page_weight * others * np.minimum(1.0, counts / rule.enough_others)
    return np.where(odds < rule.clearly_hand, np.minimum(added, 0.0), added)


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting and what it gives on unseen typefaces and hands."""

    ridge: float
    bias: float
    rule: Settling
    print_as_print: float
    hand_as_print: float


def choose(rows: ScriptRows) -> Choice:
    """The setting that knows most print while handwriting passes for print no more than `MOST_HAND_AS_PRINT`."""
    best: Choice | None = None
    for ridge in RIDGES:
        odds = unseen_log_odds(rows, ridge=ridge)
        for bias, weight, clearly in product(BIASES, PAGE_WEIGHTS, CLEARLY_HAND):
            rule = Settling(page_weight=weight, clearly_hand=clearly)
            passed = settled(odds + bias, rows.page, rule) >= PRINT_ODDS
            as_print = [float(passed[rows.is_print == script].mean()) for script in (1.0, 0.0)]
            choice = Choice(ridge, bias, rule, as_print[0], as_print[1])
            if choice.hand_as_print <= MOST_HAND_AS_PRINT and (
                best is None or choice.print_as_print > best.print_as_print
            ):
                best = choice
    if best is None:
        raise ValueError("no setting keeps handwriting from being taken for print")
    return best


def one_net(members: Sequence[Fitted], names: Sequence[str], *, bias: float) -> Net:
    """The mean of the members as a single network; all were scaled on the same rows."""
    nets = [member.net(names) for member in members]
    return Net(
        inputs=nets[0].inputs,
        hidden=tuple(node for net in nets for node in net.hidden),
        out=tuple(round(weight / len(nets), 4) for net in nets for weight in net.out),
        bias=round(sum(net.bias for net in nets) / len(nets) + bias, 3),
    )


def module_text(net: Net, choice: Choice, source: str) -> str:
    """The Python module that holds the weights."""
    nodes = "\n".join(f"        ({bias}, {weights})," for bias, weights in net.hidden)
    inputs = "\n".join(f'        ("{name}", {centre}, {scale}),' for name, centre, scale in net.inputs)
    return f'''"""Weights of the network that tells print from handwriting; made by `training.script_fit`."""

from __future__ import annotations

from typing import Final, TypeAlias

from pipeline.ocr.print_net import Net, Settling

# fmt: off
# ruff: noqa: E501
PRINT_NET: Final = Net(
    inputs=(
{inputs}
    ),
    hidden=(
{nodes}
    ),
    out={net.out},
    bias={net.bias},
)
"""Fitted on {source}. Of typefaces and hands left out, {100 * choice.print_as_print:.1f} % of the
print and {100 * choice.hand_as_print:.2f} % of the handwriting were taken for print."""
SETTLING: Final = Settling(page_weight={choice.rule.page_weight}, clearly_hand={choice.rule.clearly_hand})
'''


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Fit the network that tells print from handwriting.")
    parser.add_argument("rows", type=Path, help="JSON lines of entries")
    parser.add_argument("--out", type=Path, required=True, help="module of weights to write")
    chosen = parser.parse_args(arguments)
    rows = parse_script_rows(chosen.rows.read_text(encoding="utf-8").splitlines())
    choice = choose(rows)
    members = fit_members(rows, np.ones(len(rows.is_print), dtype=np.bool_), ridge=choice.ridge)
    source = f"{len(rows.is_print):,} entries of {int(rows.page.max()) + 1} pages"
    net = one_net(members, rows.names, bias=choice.bias)
    chosen.out.write_text(module_text(net, choice, source), encoding="utf-8")
    sys.stdout.write(f"{source}\n{choice}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
