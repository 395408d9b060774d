"""Runs inside a container that test_systemd_in_a_container.py boots: attacks /run/drupelet.sock and writes what happened.

It is run by the container's own Python, so it uses the standard library alone. All times are seconds.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SOCKET = "/run/drupelet.sock"
HTTP = "drupelet-http.service"
TEXT = b"a quiet, wonderful film\n"
CONNECTIONS = 8
LINE_BYTES = 1 << 20
LONGEST_WAIT = 90.0


def show(unit: str, *names: str) -> dict[str, str]:
    command = ["systemctl", "show", unit, *(f"--property={name}" for name in names)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return dict(line.partition("=")[::2] for line in printed.splitlines() if "=" in line)


def journal(*units: str) -> list[str]:
    of_units = [f"--unit={unit}" for unit in units or ("drupelet.socket", "drupelet@*")]
    command = ["journalctl", "--boot", "--no-pager", "--output=cat", *of_units]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def connected() -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(LONGEST_WAIT)
    client.connect(SOCKET)
    return client


def answer(content: bytes = TEXT) -> str:
    """The first answer of a connection of its own; nothing when it is closed without one."""
    with contextlib.suppress(OSError), connected() as client:
        client.sendall(content)
        return client.makefile("rb").readline().decode()
    return ""


def seconds_until_answered() -> float:
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_WAIT:
        if answer():
            return time.monotonic() - began
        time.sleep(0.1)
    return float("inf")


def flood(count: int) -> dict[str, Any]:
    """Connects again and again without a wait, and hangs up."""
    began, made = time.monotonic(), 0
    before = len(journal())
    for _ in range(count):
        with socket.socket(socket.AF_UNIX) as client:
            client.setblocking(False)
            with contextlib.suppress(OSError):
                client.connect(SOCKET)
                made += 1
    took = time.monotonic() - began
    until_answered = seconds_until_answered()
    time.sleep(1)
    return {"connections": made, "took": took, "until_answered": until_answered, "lines": len(journal()) - before}


def wait_for_no_connection() -> None:
    while show("drupelet.socket", "NConnections") != {"NConnections": "0"}:
        time.sleep(0.1)


def silent(_: socket.socket) -> None:
    """Says nothing at all."""


def unread(client: socket.socket) -> None:
    """Sends as many lines as fit and reads no answer."""
    client.setblocking(False)
    with contextlib.suppress(OSError):
        while True:
            client.send(TEXT * 100)


def drip(client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        client.send(b"a")


def hold(act: Any, again: bool = False) -> dict[str, Any]:
    """Takes all connections at once with clients that do this, and says for how long nobody else was answered."""
    wait_for_no_connection()
    clients = [connected() for _ in range(CONNECTIONS)]
    for client in clients:
        act(client)
    time.sleep(1)
    began = time.monotonic()
    refused = answer() == ""
    while time.monotonic() - began < LONGEST_WAIT and not answer():
        if again:
            for client in clients:
                act(client)
        time.sleep(0.5)
    until_answered = time.monotonic() - began + 1
    for client in clients:
        client.close()
    return {"refused": refused, "until_answered": until_answered}


def peaks(word: bytes = b"predict") -> list[int]:
    """VmHWM of each process with this word in its command, in bytes."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            if word in (status.parent / "cmdline").read_bytes():
                lines = dict(line.partition(":")[::2] for line in status.read_text().splitlines())
                found.append(int(lines["VmHWM"].split()[0]) * 1024)
    return found


def long_lines() -> dict[str, Any]:
    """Every connection gets the longest line at once, with a character beyond U+FFFF; then one gets a longer one."""
    line = ("\U0001f600 " + "A good, wonderful film<br />" * (LINE_BYTES // 27)).encode()[: LINE_BYTES - 1] + b"\n"
    wait_for_no_connection()
    clients = [connected() for _ in range(CONNECTIONS)]
    for client in clients:
        client.sendall(line)
    answers = [client.recv(100).decode() for client in clients]
    found = peaks()
    slices = show("drupelet.slice", "ActiveState", "MemoryMax", "TasksMax", "ControlGroup")
    for client in clients:
        client.close()
    time.sleep(2)
    return {
        "answers": answers,
        "peaks": found,
        "slice": slices,
        "longer": answer(b"x" + line),
        "journal": journal()[-3:],
    }


def ask(path: str, body: object = None) -> tuple[int, bytes]:
    """Status and body of an answer of drupelet-http.service; waits until it is ready."""
    began = time.monotonic()
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=LONGEST_WAIT)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                break
        assert time.monotonic() - began < LONGEST_WAIT, journal(HTTP)
        time.sleep(0.1)
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=LONGEST_WAIT)
    content = None if body is None else json.dumps(body).encode()
    connection.request("GET" if body is None else "POST", path, content, {"Content-Type": "application/json"})
    with contextlib.closing(connection):
        answered = connection.getresponse()
        return answered.status, answered.read()


def over_http() -> dict[str, Any]:
    """Starts drupelet-http.service, has it load its bundle again, kills it, and stops it."""
    question = {"input": ["a quiet, wonderful film"] * 1000}
    subprocess.run(["systemctl", "start", HTTP], check=True)
    found: dict[str, Any] = {"answer": json.loads(ask("/v1/classify", question)[1]), "page": ask("/")[0]}
    subprocess.run(["systemctl", "reload", HTTP], check=True)
    began = time.monotonic()
    while b'outcome="swapped"' not in ask("/metrics")[1] and time.monotonic() - began < LONGEST_WAIT:
        time.sleep(0.1)
    found["figures"] = ask("/metrics")[1].decode()
    found["peaks"] = peaks(b"serve")
    subprocess.run(["systemctl", "kill", "--signal=SIGKILL", HTTP], check=True)
    time.sleep(2)
    found["again"] = json.loads(ask("/v1/classify", question)[1])
    found["killed"] = show(HTTP, "NRestarts", "MemoryMax")
    subprocess.run(["systemctl", "stop", HTTP], check=True)
    found["stopped"] = show(HTTP, "ActiveState", "Result")
    found["journal"] = journal(HTTP)
    return found


def main() -> None:
    out = Path(sys.argv[1])
    results: dict[str, Any] = {"first": answer()}
    results["floods"] = [flood(2000) for _ in range(3)]
    results["silent"] = hold(silent)
    results["unread"] = hold(unread)
    results["drip"] = hold(drip, again=True)
    results["long"] = long_lines()
    results["http"] = over_http() if Path("/opt/drupelet/packages/waitress").exists() else None
    results["socket"] = show("drupelet.socket", "ActiveState", "Result", "NAccepted", "NRefused")
    results["failed"] = subprocess.run(
        ["systemctl", "list-units", "--failed", "--no-legend", "drupelet*"], capture_output=True, text=True, check=True
    ).stdout
    results["journal"] = journal()
    out.write_text(json.dumps(results))


main()
