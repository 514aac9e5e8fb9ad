"""Pictures of every panel, to be looked at: models x themes x sizes x scales. Not a test.

python -m tests.pictures FOLDER [--models sample resnet20 ...] [--themes dark light] [--sizes 1440x900 1280x720]
                                [--scales 1 1.5 2] [--scenes range channels ...]

python -m tests.pictures --readme

Sizes are logical pixels. Each scale is a process of its own, since Qt reads it once. The second line makes the pictures
of README.md.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.pictures.scenes import SCENES
from tests.pictures.subjects import SUBJECTS


def main() -> None:
    options = _options()
    if options.readme:
        subprocess.run([sys.executable, "-c", "from tests.pictures.readme import main; main()"], check=True)
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    for model in options.models:
        for scale in options.scales:
            arguments = [str(options.folder), model, *(f"--{n}={','.join(getattr(options, n))}" for n in LISTS)]
            told = {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}
            subprocess.run([sys.executable, "-m", "tests.pictures.take", *arguments], env=os.environ | told, check=True)


LISTS = ("themes", "sizes", "scenes")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Pictures of every panel, to be looked at.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("pictures"))
    parser.add_argument("--readme", action="store_true", help="the pictures of README.md, into resources/screenshots")
    parser.add_argument("--models", nargs="+", default=list(SUBJECTS), choices=list(SUBJECTS))
    parser.add_argument("--themes", nargs="+", default=["dark", "light"])
    parser.add_argument("--sizes", nargs="+", default=["1440x900", "1280x720"])
    parser.add_argument("--scales", nargs="+", default=["1", "1.5", "2"])
    parser.add_argument("--scenes", nargs="+", default=list(SCENES), choices=list(SCENES))
    return parser.parse_args()


if __name__ == "__main__":
    main()
