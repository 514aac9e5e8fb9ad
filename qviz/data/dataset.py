"""A data set as the simulator reads it: samples by index, ready for the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qviz.errors import QvizError

Array = NDArray[Any]


class DataSet(Protocol):
    """Samples in the source's own order."""

    @property
    def description(self) -> str: ...  # "test_500.npz"

    @property
    def source(self) -> str: ...  # equal for two sets that hold the same samples under the same indices

    @property
    def labels(self) -> Array | None: ...  # first axis = samples

    @property
    def random(self) -> bool: ...

    def __len__(self) -> int: ...

    def feed(self, indices: Sequence[int]) -> dict[str, Array]:
        """Model inputs by name: the samples one after another along each port's batch axis.

        Float inputs of 16 bits are given as float32, every other one in the port's type. Where the batch is not free
        `indices` names one sample.
        """

    def picture(self, index: int) -> NDArray[np.uint8] | None:
        """The sample as a picture of shape (height, width, 3), RGB; None where it is none."""


class Column(Protocol):
    """The values of one input for all samples."""

    @property
    def count(self) -> int | None: ...  # None: one value for any number of samples

    def take(self, indices: Sequence[int]) -> Array:
        """The samples of `indices`, one after another along the batch axis."""


class Pictures(Protocol):
    """Raw images behind the samples."""

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Shape (height, width, 3), RGB."""


@dataclass(frozen=True, eq=False)
class ColumnSet:
    """The one implementation of DataSet: a column an input; sources differ only in their columns."""

    columns: Mapping[str, Column]
    count: int
    labels: Array | None
    description: str
    source: str
    random: bool = False
    pictures: Pictures | None = None

    def __len__(self) -> int:
        return self.count

    def feed(self, indices: Sequence[int]) -> dict[str, Array]:
        return {name: column.take(indices) for name, column in self.columns.items()}

    def picture(self, index: int) -> NDArray[np.uint8] | None:
        return None if self.pictures is None else self.pictures.picture(index)


def sample_count(columns: Mapping[str, Column], where: str) -> int:
    """How many samples the columns hold. Raises QvizError where they disagree or hold none."""
    counts = {name: column.count for name, column in columns.items() if column.count is not None}
    longest = max(counts.values(), default=1)
    for name, count in counts.items():
        if count != longest:
            first = next(n for n, c in counts.items() if c == longest)
            raise QvizError(
                "{where} holds {a} samples of {first} but {b} of {name}.",
                where=where, a=longest, first=first, b=count, name=name,
            )  # fmt: skip
    if longest == 0:
        raise QvizError("{where} holds no samples.", where=where)
    return longest


def check_labels(labels: Array | None, count: int, where: str) -> Array | None:
    """Labels with one entry a sample: integers as int64. Raises QvizError where there are more or fewer."""
    if labels is None:
        return None
    labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.ndim == 0 or len(labels) != count:
        raise QvizError(
            "{where} has {labels} labels for {samples} samples.",
            where=where, labels=labels.size if labels.ndim == 0 else len(labels), samples=count,
        )  # fmt: skip
    return labels.astype(np.int64) if np.issubdtype(labels.dtype, np.integer) else labels


def column_set(
    columns: Mapping[str, Column], labels: Array | None, path: Path, limit: int | None, pictures: Pictures | None = None
) -> ColumnSet:
    """The data set of the file or folder `path`: all its samples, or the first `limit`."""
    count = sample_count(columns, path.name)
    labels = check_labels(labels, count, path.name)
    count = min(count, limit or count)
    labels = None if labels is None else labels[:count]
    return ColumnSet(columns, count, labels, path.name, str(path.resolve()), pictures=pictures)
