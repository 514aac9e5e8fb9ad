"""What the data dialog says about a float run."""

from PySide6.QtCore import QCoreApplication

from qviz.sim.trial import Trial
from qviz.ui.data.preprocess_form import preset_names
from qviz.ui.text import fixed, number


def verdict(trial: Trial, preset: str | None, tried: int) -> tuple[str, str]:
    """A sentence and its role. `preset` is the best of so many that were `tried`; None where none was chosen."""
    if trial.value is None:
        return _without_score(trial), "caption"
    score = f"{fixed(trial.value, 1)} {trial.unit}".strip()
    if trial.near_chance:
        text = _tr("Float accuracy {0} on {1} samples: near chance. The usual cause is wrong preprocessing.")
        return text.format(score, trial.samples), "warning"
    if preset is not None and tried > 1:
        text = _tr("Float accuracy {0} on {1} samples with “{2}”, the best of {3} presets.")
        return text.format(score, trial.samples, preset_names()[preset], tried), "good"
    names = {"top1": _tr("Float accuracy {0} on {1} samples."), "top5": _tr("Float top-5 accuracy {0} on {1} samples.")}
    return names.get(trial.metric, _tr("Float model: {0} on {1} samples.")).format(score, trial.samples), "good"


def input_line(trial: Trial) -> str:
    """The range of values that the model is fed."""
    low, high = trial.input_range
    return _tr("The model is fed values from {0} to {1}.").format(number(low), number(high))


def _without_score(trial: Trial) -> str:
    if trial.has_labels or not trial.classes:
        return _tr("The model runs on this data. Its outputs are compared with those of the float model.")
    text = _tr("The model runs on this data. Without labels, agreement with the float model is shown.")
    again = _tr("Choose the preprocessing that the model was trained with.")
    return f"{text} {again}" if trial.raw_images else text


def _tr(text: str) -> str:
    return QCoreApplication.translate("verdict", text)
