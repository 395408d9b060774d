"""Run the same texts through two engines and show how far apart their answers are.

python examples/compare_two_engines.py BUNDLE ENGINE ENGINE TEXT...
"""

import sys

import drupelet


def main(location: str, first: str, second: str, *texts: str) -> None:
    """Prints both labels and the largest difference of a probability for each text."""
    bundle = drupelet.open_bundle(location)
    answers = [drupelet.load(bundle, engine=name).predict(texts) for name in (first, second)]
    for text, a, b in zip(texts, *answers, strict=True):
        difference = max(abs(p - q) for p, q in zip(a.probabilities, b.probabilities, strict=True))
        print(f"{first}: {a.label}  {second}: {b.label}  max |dp| {difference:.1e}  {text}")


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
