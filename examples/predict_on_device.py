"""Classify texts with the committed bundle. This needs only the runtime, not Keras.

python examples/predict_on_device.py
"""

import drupelet

classifier = drupelet.load("artifacts/imdb")
for text in ("a quiet, wonderful film", "dull and badly acted, I wanted my money back", "qzxqzx"):
    prediction = classifier(text)
    known = "" if prediction.n_tokens else "  (no known word)"
    print(f"{prediction.label} {prediction.probability:.3f}  {text}{known}")
