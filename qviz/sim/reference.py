"""The float model as given, run whole: what every quantized output is compared with."""

from collections.abc import Mapping

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from qviz.graph.given import run_failed
from qviz.graph.model import Model
from qviz.graph.runtime import RuntimeErrors, SharingSession

Arrays = dict[str, NDArray[np.generic]]


class Reference:
    """One session over the whole float model; worker threads call it at the same time."""

    def __init__(self, model: Model) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # workers take micro-batches instead
        options.inter_op_num_threads = 1
        given = model.reference
        self._session = (
            SharingSession(given.proto, options, given.weights)
            if model.is_large
            else SharingSession(given.whole(), options, {})
        )
        self._inputs = {i.name: _OTHER_FLOATS.get(i.type) for i in self._session.get_inputs()}
        self._graph = model.graph
        self._outputs = [p.name for p in model.graph.outputs]

    def run(self, feed: Mapping[str, NDArray[np.generic]]) -> Arrays:
        """Outputs of one feed. Raises QvizError where the model fails on it."""
        given = {n: _cast(a, self._inputs[n]) for n, a in feed.items() if n in self._inputs}
        try:
            return dict(zip(self._outputs, self._session.run(self._outputs, given), strict=True))
        except RuntimeErrors as error:
            raise run_failed(self._graph, error, feed) from error


def _cast(array: NDArray[np.generic], dtype: type[np.floating] | None) -> NDArray[np.generic]:
    return array if dtype is None else array.astype(dtype)


_OTHER_FLOATS: dict[str, type[np.floating]] = {"tensor(float16)": np.float16, "tensor(double)": np.float64}
