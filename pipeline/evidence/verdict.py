"""What a verification finds: every difference between what is and what was recorded, named by code and subject."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.errors import Param


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as recorded.

    Attributes:
        code: what is wrong, such as `object_altered`; the key of its sentence.
        subject: the id, digest or entry number that it is wrong with.
        params: the facts of the sentence.
    """

    code: str
    subject: str
    params: tuple[tuple[str, Param], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a verification.

    Attributes:
        differences: all of them, in the order of the things compared; empty when all holds.
        checked: how many things of each sort were compared, so that an empty check cannot pass for a clean one.
        remarks: what a person should know and is no fault, such as seals that bear no signature.
    """

    differences: tuple[Difference, ...] = ()
    checked: tuple[tuple[str, int], ...] = field(default=())
    remarks: tuple[Difference, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.differences
