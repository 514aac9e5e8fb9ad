"""The window: Qt, one folder a panel."""

import gc

gc.disable()  # a start makes no garbage; from then on `collector` looks for it

import qviz.session  # noqa: E402, F401 (PySide6 reads the source of every module that is imported after it)
