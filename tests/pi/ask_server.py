"""Runs on a device: starts ``drupelet serve``, asks it one text over HTTP, and has it stop.

    python ask_server.py BUNDLE TEXT

Prints the answer as JSON: the label, and the exit status of the server.
"""

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

START_SECONDS = 300
"""The model checks itself first, which takes half a minute under emulation on a busy machine."""
LISTENING = "listening on http://"
HEADERS = {"Content-Type": "application/json", "Connection": "close"}

bundle, text = sys.argv[1:]
command = [str(Path(sys.executable).with_name("drupelet")), "serve", bundle, "--port", "0", "--max-seconds", "120"]
server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
watchdog = threading.Timer(2 * START_SECONDS, server.kill)
watchdog.daemon = True
watchdog.start()
said: list[str] = []
while not said or LISTENING not in said[-1]:
    said.append(server.stdout.readline() if server.stdout else "")
    if not said[-1]:
        sys.exit(f"drupelet serve ended: {''.join(said)}")
connection = http.client.HTTPConnection(said[-1].rpartition(LISTENING)[2].strip())
end = time.monotonic() + START_SECONDS
while True:
    try:
        connection.request("POST", "/v1/classify", json.dumps({"input": text}), HEADERS)
        response = connection.getresponse()
        content = response.read().decode()
    except OSError as error:
        server.kill()
        sys.exit(f"drupelet serve: {error}: {server.stdout.read() if server.stdout else ''}")
    if response.status != 503 or time.monotonic() > end:  # 503 until the model has checked itself
        break
    time.sleep(1)
server.send_signal(signal.SIGTERM)
status = server.wait()
if response.status != 200:
    sys.exit(f"HTTP status {response.status}: {content}")
print(json.dumps({"label": json.loads(content)["data"][0]["label"], "server_status": status}))
