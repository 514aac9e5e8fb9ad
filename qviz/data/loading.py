"""From one DATA argument to a data set."""

from pathlib import Path

from qviz.data.csv_table import open_csv
from qviz.data.dataset import DataSet
from qviz.data.image_folder import open_image_folder
from qviz.data.npy_folder import has_npy, open_npy_folder
from qviz.data.npz import open_npz
from qviz.data.options import DataOptions
from qviz.data.random_inputs import open_random
from qviz.data.spool import Progress, silent
from qviz.data.user_code import is_function
from qviz.data.user_loader import open_user_loader
from qviz.errors import QvizError
from qviz.graph.graph import Graph


def open_data(options: DataOptions, graph: Graph, progress: Progress = silent) -> DataSet:
    """The samples that `options` describe, as the inputs of `graph` take them; `progress` hears of what takes long.

    Raises QvizError for a source that is missing, damaged, empty or does not fit the model.
    """
    if options.limit is not None and options.limit < 1:
        raise QvizError("The number of samples must be at least 1, not {limit}.", limit=options.limit)
    if options.random is not None:
        return open_random(options, graph)
    if not options.source:
        raise QvizError("There is no data: name a file or folder, or ask for random inputs.")
    if is_function(options.source):
        return open_user_loader(options.source, options, graph)
    return _open_path(Path(options.source), options, graph, progress)


def _open_path(path: Path, options: DataOptions, graph: Graph, progress: Progress) -> DataSet:
    if not path.exists():
        raise QvizError("There is no file or folder {path}.", path=path)
    try:
        if path.is_dir():
            return (open_npy_folder if has_npy(path) else open_image_folder)(path, options, graph)
        if path.suffix.lower() == ".npz":
            return open_npz(path, options, graph, progress)
        if path.suffix.lower() == ".csv":
            return open_csv(path, options, graph)
    except PermissionError as error:
        raise QvizError("{path} cannot be read: permission denied.", path=error.filename or path) from None
    raise QvizError(
        "{path} is no data that qviz reads: an .npz, a .csv, a folder of images or .npy files, or loader.py:function.",
        path=path,
    )
