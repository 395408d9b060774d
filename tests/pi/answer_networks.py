"""Runs on a device: answers texts.json with the native engine on every file in networks/, as hexadecimal floats.

    python answer_networks.py INBOX

Prints one JSON document: by file name, a list of probabilities for each text.
"""

import json
import sys
from pathlib import Path

import drupelet

inbox = Path(sys.argv[1])
texts = json.loads((inbox / "texts.json").read_text())
answers = {}
for path in sorted((inbox / "networks").iterdir()):
    predictions = drupelet.load(path, "native").predict(texts)
    answers[path.name] = [[p.hex() for p in prediction.probabilities] for prediction in predictions]
print(json.dumps(answers))
