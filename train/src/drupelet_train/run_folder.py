"""The folder of a run: its files, and how a begun run differs from a finished one.

``plan.json`` is written first and holds the settings of the run; ``run.json`` is written last and is its record. Between
the two, ``checkpoints/`` holds the state of the training. The folder of a tuning study has ``study.json`` in place of
``plan.json``: the same document, with the settings that the study begins with.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from drupelet.bounded_read import read_at_most
from drupelet.errors import FormatError, InputError
from drupelet.folder_lock import locked
from drupelet.regular_file import open_regular_file
from drupelet.run_folder import RECORD
from drupelet_train.atomic import TEMPORARY_PREFIX, drop_unfinished, replace_text
from drupelet_train.config import TrainConfig, parse_config
from drupelet_train.corpora.reading import AS_USUAL, Reading
from drupelet_train.json_value import JsonValue

SCHEMA_VERSION = 1
PLAN, CHECKPOINTS = "plan.json", "checkpoints"
SETTINGS = "settings.toml"
STUDY = "study.json"
LABELS = "labels.txt"
CURVES = "curves.json"
MAX_DOCUMENT_BYTES = 1 << 26
"""Maximum bytes of a JSON document in the folder. That of a study with hundreds of trials has a megabyte."""


@dataclass(frozen=True)
class Plan:
    """The input of a run: ``data`` as the user named it and how it is read, and the configuration.

    With ``scores_held_out`` false, the held-out texts are not scored. Runs whose settings are compared must be compared by
    validation texts alone: a held-out score by which a model was chosen is too good for new texts. With
    ``compares_baselines`` false, no other classifier is trained beside the network.

    ``open_settings`` names those that the texts choose in place of the configuration
    (:mod:`drupelet_train.settings_choice`). The plan of a begun run has none: it holds what was chosen.

    ``apart``: members, networks of a teacher and trials are trained by workers, of one thread each, and the trials of a study
    are proposed some at a time. How many workers there are changes no bit; one thread in place of many does.
    """

    data: str
    config: TrainConfig
    scores_held_out: bool = True
    reading: Reading = AS_USUAL
    compares_baselines: bool = True
    open_settings: tuple[str, ...] = ()
    apart: bool = False

    def sha256(self, corpus_sha256: str) -> str:
        """Identifies a run by its configuration and the content of its corpus, not by the name of the corpus."""
        return hashlib.sha256(json.dumps([self.config.to_json(), corpus_sha256]).encode()).hexdigest()


def check_vacant(folder: Path) -> None:
    """Raises InputError when ``folder`` holds anything, and cannot become the folder of a new run."""
    if (folder / RECORD).exists():
        raise InputError(f"{folder}: holds a finished run; nothing was changed: name another folder with --out")
    if (folder / PLAN).exists():
        raise InputError(
            f"{folder}: holds a run that is not finished; nothing was changed: continue it with --resume, or name another "
            "folder with --out"
        )
    if (folder / STUDY).exists():
        raise InputError(
            f"{folder}: holds a tuning study; nothing was changed: continue it with --tune N --resume, or name another "
            "folder with --out"
        )
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file, expected a folder to train into; name another one with --out")
    if folder.exists() and any(not path.name.startswith(TEMPORARY_PREFIX) for path in folder.iterdir()):
        raise InputError(f"{folder}: holds other files, expected an empty or a new folder; name another one with --out")


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Makes ``folder`` if it is not there, and keeps other trainings out of it until the end of the block.

    The lock ends with the process, however the process ends. On a file system without locks there is none. Files that a
    killed training was writing are deleted, and at the end a folder that was made here and is still empty. Raises InputError
    when another process works in the folder.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            held = stack.enter_context(locked(folder))
        except OSError as error:
            raise InputError(
                f"{folder}: cannot be made or opened ({error.strerror}); name another folder to train into with --out"
            ) from error
        if not held:
            raise InputError(
                f"{folder}: another drupelet train is working in it; nothing was changed: wait for its end, or name another "
                "folder with --out"
            )
        try:
            drop_unfinished(folder)
            yield
        finally:
            with suppress(OSError):  # they hold something by now
                for path in made:
                    path.rmdir()


def begin(folder: Path, plan: Plan, corpus_sha256: str, file: str = PLAN) -> None:
    """Makes ``folder`` the folder of a new run, or of a new study if ``file`` is STUDY. Raises as check_vacant does.

    ``plan`` has no open settings.

    ``corpus_sha256`` is that of the data of the plan, by which a resumed run knows it again.
    """
    check_vacant(folder)
    document = {
        "schema_version": SCHEMA_VERSION,
        "data": plan.data,
        "corpus_sha256": corpus_sha256,
        "config": plan.config.to_json(),
        "scores_held_out": plan.scores_held_out,
        "reading": plan.reading.to_json(),
        "compares_baselines": plan.compares_baselines,
        "apart": plan.apart,
    }
    write_json(folder / file, {**document, "versions": versions()})


def read_plan(folder: Path, file: str = PLAN) -> Plan:
    """The plan of the run in ``folder``, or of the study if ``file`` is STUDY.

    Raises InputError when there is none, FormatError when it is damaged.
    """
    path = folder / file
    if not path.exists():
        if file == PLAN and (folder / STUDY).exists():
            raise InputError(
                f"{folder}: holds a tuning study, not a run; add --tune N, or name the run's folder with --out"
            )
        if file == STUDY and (folder / PLAN).exists():
            raise InputError(
                f"{folder}: holds a run, not a tuning study; leave out --tune, or name the study's folder with --out"
            )
        raise InputError(
            f"{folder}: holds no {'run' if file == PLAN else 'tuning study'} to resume (no {file}); leave out "
            "--resume, or name its folder with --out"
        )
    plan = read_json(path)
    try:
        if plan["schema_version"] != SCHEMA_VERSION:
            raise FormatError(
                f"{path}: schema version {plan['schema_version']}, expected {SCHEMA_VERSION}; resume with the release "
                "that began the run, or train into a new folder"
            )
        # Plans of earlier versions lack the keys; their runs score the held-out texts.
        scores_held_out, compares = (plan.get(name, True) for name in ("scores_held_out", "compares_baselines"))
        apart = plan.get("apart", False)
        flags = (("scores_held_out", scores_held_out), ("compares_baselines", compares), ("apart", apart))
        for name, value in flags:
            if not isinstance(value, bool):
                raise TypeError(f"{name} is {value!r}, expected true or false")
        reading = Reading.from_json(JsonValue(plan["reading"], str(path), "reading")) if "reading" in plan else AS_USUAL
        return Plan(plan["data"], parse_config(plan["config"]), scores_held_out, reading, compares, apart=apart)
    except (KeyError, TypeError, InputError) as error:
        raise FormatError(f"{path}: not the plan of a run: {error}; train into a new folder") from error


def begun_corpus_sha256(folder: Path, file: str = PLAN) -> str:
    """The hash of the corpus that the run, or the study if ``file`` is STUDY, began with. Raises FormatError without one."""
    found = read_json(folder / file).get("corpus_sha256")
    if not isinstance(found, str):
        raise FormatError(
            f"{folder / file}: corpus_sha256 is {found!r:.80}, expected a SHA-256; train into a new folder"
        )
    return found


def check_same_plan(
    folder: Path, begun: Plan, data: str | None, config: TrainConfig | None, reading: Reading | None = None
) -> None:
    """Raises InputError, naming the differences, unless what is given equals that of ``begun``. None: not given."""
    differences = []
    if data is not None and data != begun.data:
        differences.append(f"data is {data!r}, the run began with {begun.data!r}")
    if reading is not None and reading != begun.reading:
        differences.append(f"{' '.join(reading.options())} differ from the options that the run began with")
    if config is not None:
        before, now = begun.config.to_json(), config.to_json()
        differences += [
            f"{key} is {now[key]!r}, the run began with {before[key]!r}" for key in now if now[key] != before[key]
        ]
    if differences:
        raise InputError(
            f"{folder}: cannot be resumed with other settings: {'; '.join(differences)}; leave --data and --config out "
            "to continue, or train into another folder with --out"
        )


def other_versions(folder: Path, file: str = PLAN) -> str | None:
    """A notice when a run is resumed with other versions of its packages than it began with; None for the same versions.

    ``file`` is STUDY for a study.
    """
    began, now = read_json(folder / file).get("versions", {}), versions()
    changes = [f"{name} {now[name]} (was {began[name]})" for name in now if began.get(name, now[name]) != now[name]]
    if not changes:
        return None
    return f"{folder}: continues with {', '.join(changes)}: the result may differ from that of an uninterrupted run"


def drop_checkpoints(folder: Path) -> None:
    """Deletes the state of the training of a finished run, as far as it can be deleted."""
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises FormatError for anything else."""
    try:
        with open_regular_file(str(path), "train into a new folder") as file:
            content = read_at_most(file, MAX_DOCUMENT_BYTES)
        if len(content) > MAX_DOCUMENT_BYTES:
            raise FormatError(f"{path}: has more than {MAX_DOCUMENT_BYTES} bytes; train into a new folder")
        document = json.loads(content.decode())
    except (OSError, ValueError, RecursionError) as error:
        raise FormatError(f"{path}: not a readable JSON document: {error}; train into a new folder") from error
    if not isinstance(document, dict):
        raise FormatError(f"{path}: a JSON {type(document).__name__}, expected an object; train into a new folder")
    return document


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Writes a JSON document, atomically."""
    replace_text(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def versions() -> dict[str, str]:
    """The versions of Python and of the packages on which the bits of a trained model depend."""
    packages = ("keras", "tensorflow", "numpy", "scipy", "scikit-learn", "drupelet-train")
    return {"python": platform.python_version(), **{package: version(package) for package in packages}}
