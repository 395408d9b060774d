import contextlib
import os
import subprocess
import sys

import pytest

from drupelet.cli.standard_streams import discard_stdout, unfailing_text


def python(code, *, closed=(), **options):
    """Runs code in a process that begins with these descriptors closed."""
    redirections = " ".join(f"{descriptor}>&-" for descriptor in closed)
    command = ["sh", "-c", f'exec "$0" -c "$1" {redirections}', sys.executable, code]
    options["env"] = {name: held for name, held in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, **options)


@pytest.mark.parametrize("closed", [(), (0,), (1,), (2,), (0, 1), (0, 2), (0, 1, 2)])
def test_no_file_gets_the_number_of_a_standard_stream(tmp_path, closed):
    done = python(
        "import os, pathlib\n"
        "from drupelet.cli.standard_streams import occupy_closed_descriptors\n"
        "occupy_closed_descriptors()\n"
        f"file = open({str(tmp_path / 'file')!r}, 'wb')\n"
        "os.system('echo from a child; echo from a child >&2')\n"
        "os._exit(0 if file.fileno() > 2 else 3)",
        closed=closed,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "file").read_bytes() == b""
    assert done.stdout == ("" if 1 in closed else "from a child\n")


@pytest.mark.parametrize("place", ["full", "nobody reads", "a full pipe that does not wait"])
def test_a_message_that_cannot_be_written_is_dropped(place):
    read_end, write_end = os.pipe()
    descriptor = os.open("/dev/full", os.O_WRONLY) if place == "full" else write_end
    if place == "nobody reads":
        os.close(read_end)
    elif place != "full":
        os.set_blocking(write_end, False)
        with contextlib.suppress(BlockingIOError):
            while os.write(write_end, b"x" * 65536):
                pass
    stream = unfailing_text(descriptor)
    print("a message", file=stream)
    print("another one" * 10_000, file=stream, flush=True)
    stream.close()
    os.fstat(descriptor)  # it is not closed with the stream


def test_a_message_is_written_at_the_end_of_its_line():
    read_end, write_end = os.pipe()
    stream = unfailing_text(write_end)
    print("caf\ud800", file=stream)
    assert os.read(read_end, 100) == b"caf\\ud800\n"


def test_what_is_discarded_is_not_written():
    done = python(
        "import sys\nfrom drupelet.cli.standard_streams import discard_stdout\nprint('x', end='')\ndiscard_stdout()"
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert callable(discard_stdout)
