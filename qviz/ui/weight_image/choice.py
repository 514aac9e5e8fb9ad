"""Which of the weights that share a quantizer is shown."""

from collections.abc import Sequence

from qviz.ui.controls.boxes import ChoiceBox


class TensorChoice(ChoiceBox):
    """Hidden where there is only one."""

    @property
    def chosen(self) -> int:
        """Its place among the quantizer's tensors."""
        return max(self.currentIndex(), 0)

    def offer(self, tensors: Sequence[str]) -> None:
        """These, the first of them chosen."""
        self.set_choices({name: name for name in tensors})
        self.set_value(tensors[0])
        self.setVisible(len(tensors) > 1)

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("Weight"))
        self.setToolTip(self.tr("Which of the weights that share this quantizer is shown"))
