"""The engine's own process: `python -m qviz.tune.process`. It simulates, and looks for causes in its idle time."""

from qviz.sim.process import serve
from qviz.tune.exploration import Exploring

if __name__ == "__main__":
    serve(Exploring)
