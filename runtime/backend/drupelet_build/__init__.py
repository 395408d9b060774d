"""The build backend of the runtime (PEP 517, PEP 660), which needs the standard library and a C compiler alone.

A frontend such as pip calls the functions below, in the folder of pyproject.toml. They need nothing from an index, so the sdist
installs on a device without network. The setting ``platform`` names a wheel's platform tag, for a compiler of another system:
``pip wheel --config-settings=platform=manylinux2014_aarch64``.

The same sources and the same compiler give the same bytes: files are sorted, and have one date (``SOURCE_DATE_EPOCH``, or
2020-02-02) and one set of permissions.

The kernel is optional: without a C compiler the installation succeeds, and ``drupelet doctor`` says what is missing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from drupelet_build.archives import write_sdist, write_wheel
from drupelet_build.bill import bill_of_wheel
from drupelet_build.contents import PACKAGE, SOURCES, package_files, read_files, source_files
from drupelet_build.kernel import KernelError, Target, compile_kernel
from drupelet_build.project import Project, read_project

ABI_TAG = "abi3"
Settings = Optional[Mapping[str, Any]]


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Nothing: the standard library suffices."""
    return []


get_requires_for_build_sdist = get_requires_for_build_editable = get_requires_for_build_wheel


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    """Writes the folder of metadata that a wheel would have. Returns its name."""
    project = read_project(Path())
    files = metadata_files(project, target_of(config_settings))
    for name, content in files.items():
        path = Path(metadata_directory, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return project.metadata_folder


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """Compiles the kernel, and writes a wheel. Returns its name."""
    target = target_of(config_settings)
    files = read_files(Path(SOURCES), package_files(Path()))
    kernel = kernel_or_none(target)
    if kernel is not None:
        files[f"{PACKAGE}/{target.extension}"] = kernel
    return finished_wheel(wheel_directory, target, files)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Compiles the kernel into the sources, and writes a wheel that points at them. Returns its name."""
    target = target_of(config_settings)
    build_in_place(Path(), target)
    pointer = f"{Path(SOURCES).resolve()}\n".encode()
    return finished_wheel(wheel_directory, target, {f"__editable__.{PACKAGE}.pth": pointer})


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Writes the source distribution, which holds the kernel's sources and this backend. Returns its name."""
    target_of(config_settings)
    project = read_project(Path())
    files = read_files(Path(), source_files(Path()))
    name = f"{project.name}-{project.version}"
    write_sdist(Path(sdist_directory, f"{name}.tar.gz"), name, {**files, "PKG-INFO": project.metadata().encode()})
    return f"{name}.tar.gz"


def build_in_place(root: Path, target: Target | None = None) -> None:
    """Compiles the kernel into the sources below ``root``, where an old one is replaced; without a compiler it is removed."""
    target = target or Target.of_this_machine()
    kernel = kernel_or_none(target, root)
    place = root / SOURCES / PACKAGE / target.extension
    if kernel is None:
        place.unlink(missing_ok=True)
        return
    partial = place.with_suffix(".partial")
    partial.write_bytes(kernel)
    partial.replace(place)  # a process that runs keeps the old one


def target_of(settings: Settings) -> Target:
    """The system to build for. Raises ValueError for a setting that this backend does not know."""
    unknown = sorted(set(settings or {}) - {"platform"})
    if unknown:
        raise ValueError(f"drupelet: no setting {unknown[0]!r} of the build, expected platform")
    return Target(settings["platform"]) if settings else Target.of_this_machine()


def kernel_or_none(target: Target, root: Path | None = None) -> bytes | None:
    """The compiled kernel; None, with the reason on stderr, when it cannot be compiled."""
    try:
        return compile_kernel(root or Path(), target)
    except KernelError as error:
        print(f"drupelet: built without the C kernel, so without the engine native: {error}", file=sys.stderr)
        return None


def finished_wheel(folder: str, target: Target, files: Mapping[str, bytes]) -> str:
    """Writes a wheel of these files and the metadata. Returns its name."""
    project = read_project(Path())
    name = f"{project.name}-{project.version}-{tag(target)}.whl"
    write_wheel(Path(folder, name), files, project.metadata_folder, metadata_files(project, target))
    return name


def metadata_files(project: Project, target: Target) -> dict[str, bytes]:
    """The files of a wheel's metadata by their path in it, without RECORD."""
    licenses = {f"licenses/{name}": content for name, content in read_files(Path(), project.license_files).items()}
    wheel = f"Wheel-Version: 1.0\nGenerator: drupelet_build ({project.version})\nRoot-Is-Purelib: false\nTag: {tag(target)}\n"
    files = {
        **licenses,
        "METADATA": project.metadata().encode(),
        "WHEEL": wheel.encode(),
        "entry_points.txt": project.entry_points().encode(),
        "sboms/drupelet.cdx.json": bill_of_wheel(Path(), target).encode(),  # PEP 770
        "top_level.txt": f"{PACKAGE}\n".encode(),
    }
    return {f"{project.metadata_folder}/{name}": content for name, content in files.items()}


def tag(target: Target) -> str:
    """The compatibility tag of a wheel: the extension uses the limited API."""
    return f"{target.oldest_python}-{ABI_TAG}-{target.platform}"
