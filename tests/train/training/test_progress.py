import sys

from drupelet_train.training.checkpoints import EpochRecord
from drupelet_train.training.progress import BarProgress, LineProgress, stderr_progress

RECORD = EpochRecord(0, 0.5, 0.75, 0.4, 0.8, 12.0)
LINE = "epoch 1/3: loss 0.5000, accuracy 0.7500, validation loss 0.4000, validation accuracy 0.8000, 12 s"


def drive(progress):
    progress.start(3, 10)
    progress.step(0, 4, 0.5, 0.75, 83.0)
    progress.epoch(RECORD)
    progress.notice("a [notice]")
    progress.close()


def test_lines_where_stderr_is_no_terminal(capsys):
    progress = stderr_progress()
    assert isinstance(progress, LineProgress)
    drive(progress)
    assert capsys.readouterr() == ("", f"{LINE}\na [notice]\n")


def test_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = stderr_progress()
    assert isinstance(progress, BarProgress)
    drive(progress)
    output = capsys.readouterr()
    assert output.out == ""
    assert LINE in output.err
    assert "a [notice]" in output.err


def test_the_bar_shows_loss_accuracy_and_remaining_time(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = BarProgress()
    progress.start(3, 10)
    progress.step(1, 4, 0.5, 0.75, 83.0)
    progress.close()
    shown = capsys.readouterr().err
    for part in ("2/3", "0.5000", "0.7500", "1:23 left"):
        assert part in shown
