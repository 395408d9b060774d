#!/usr/bin/python
"""Asks ``drupelet serve`` a text of its bundle, and compares the answer with Keras's."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ask_golden
short_description: Asks drupelet serve a text of its bundle
version_added: "0.1.0"
description:
  - Waits until the server answers, then asks it a text that the bundle has with Keras's probabilities.
  - Fails when the server does not answer in time, answers with another bundle, or answers otherwise.
options:
  bundle:
    description: Bundle on the host, a .zip, that the server is to answer with.
    type: path
    required: true
  port:
    description: Port of the server on the loopback of the host.
    type: int
    default: 8000
  seconds:
    description: Seconds that the server may take.
    type: int
    default: 300
author:
  - The Drupelet authors
"""
EXAMPLES = r"""
- name: Ask a golden text
  drupelet.fleet.ask_golden:
    bundle: /opt/drupelet/current
"""
RETURN = r"""
label:
  description: Label of the answer.
  returned: success
  type: str
difference:
  description: Largest difference from Keras's probabilities.
  returned: success
  type: float
"""

import http.client
import json
import time
import zipfile

from ansible.module_utils.basic import AnsibleModule

MOST_DIFFERENCE = 0.05
"""That which the gates of drupelet allow for the coarsest scheme."""


def golden_of(path):
    """A golden of a bundle that has a text, and the SHA-256 of each model file. Raises ValueError where none has a text."""
    with zipfile.ZipFile(path) as archive:
        folder = next(name for name in archive.namelist() if name.endswith("manifest.json"))[: -len("manifest.json")]
        manifest = json.loads(archive.read(folder + "manifest.json"))
        for line in archive.read(folder + "goldens.jsonl").decode().splitlines():
            golden = json.loads(line)
            if golden.get("text") and golden.get("times", 1) == 1:
                return golden, [model["sha256"] for model in manifest["models"]]
    raise ValueError(f"{path}: no golden has a text; a bundle of export --private cannot be asked")


def asked(port, path, body=None):
    """Status and content of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("GET" if body is None else "POST", path, body and json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def main():
    """Asks until the answer is the golden's, or the time is over."""
    options = {
        "bundle": {"type": "path", "required": True},
        "port": {"type": "int", "default": 8000},
        "seconds": {"type": "int", "default": 300},
    }
    module = AnsibleModule(options, supports_check_mode=True)
    try:
        golden, models = golden_of(module.params["bundle"])
    except (OSError, ValueError, KeyError, StopIteration, zipfile.BadZipFile) as error:
        module.fail_json(msg=f"{module.params['bundle']}: {error}")
    end, said = time.monotonic() + module.params["seconds"], "nothing"
    while time.monotonic() < end:
        try:
            _, metrics = asked(module.params["port"], "/metrics")
            status, content = asked(module.params["port"], "/v1/classify", {"input": golden["text"]})
            said = f"HTTP status {status}: {content[:500]}"
            if status == 200 and not any(model in metrics for model in models):
                said = "it answers with another bundle"
            elif status == 200:
                found = json.loads(content)["data"][0]
                difference = max(abs(a - b) for a, b in zip(found["probs"], golden["probabilities"]))
                if difference <= MOST_DIFFERENCE:
                    module.exit_json(changed=False, label=found["label"], difference=difference)
                said = f"probabilities {found['probs']}, Keras has {golden['probabilities']}"
        except (OSError, ValueError, KeyError) as error:
            said = str(error)
        time.sleep(1)
    module.fail_json(msg=f"no golden answer within {module.params['seconds']} s: {said}")


if __name__ == "__main__":
    main()
