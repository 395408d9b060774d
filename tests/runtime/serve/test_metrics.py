import re
import threading

from drupelet.serve.metrics import BUCKETS, Metrics

SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z0-9_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (\S+)')
"""A line of the text format 0.0.4."""


def samples(text):
    """Name and labels of each sample -> its value; checks that HELP and TYPE stand before."""
    found, known = {}, set()
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            known.add(line.split()[2])
        elif not line.startswith("# HELP "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert re.sub("_(bucket|sum|count)$", "", match[1]) in known
            assert (match[1], match[2]) not in found
            found[match[1], match[2]] = float(match[3])
    return found


def test_nothing_was_counted(models):
    found = samples(Metrics().text(models.loaded, ["other"]))
    assert found["drupelet_ready", 'model="tiny"'] == 1
    assert found["drupelet_ready", 'model="other"'] == 0
    (info,) = (labels for name, labels in found if name == "drupelet_model_info")
    assert 'file="model.' in info
    assert re.search('sha256="[0-9a-f]{64}"', info)
    assert found["drupelet_model_loaded_timestamp_seconds", 'model="tiny"'] > 1e9


def test_times_are_a_histogram():
    metrics = Metrics()
    for seconds in (0.0, 0.001, 0.002, 7.0, 60.0):
        metrics.count_request("/a", 200, seconds)
    found = samples(metrics.text([], []))
    buckets = [found["drupelet_request_seconds_bucket", f'route="/a",le="{bound}"'] for bound in (*BUCKETS, "+Inf")]
    assert buckets == [2, 3, *[3] * 10, 4, 5]
    assert found["drupelet_request_seconds_sum", 'route="/a"'] == 67.003
    assert found["drupelet_request_seconds_count", 'route="/a"'] == 5
    assert found["drupelet_requests_total", 'route="/a",status="200"'] == 5


def test_texts_and_swaps():
    metrics = Metrics()
    metrics.count_texts("m", 3)
    metrics.count_texts("m", 4)
    metrics.count_swap("m", True)
    metrics.count_swap("m", False)
    found = samples(metrics.text([], []))
    assert found["drupelet_texts_total", 'model="m"'] == 7
    assert found["drupelet_swaps_total", 'model="m",outcome="swapped"'] == 1
    assert found["drupelet_swaps_total", 'model="m",outcome="failed"'] == 1


def test_a_label_with_quotes_and_line_feeds():
    metrics = Metrics()
    metrics.count_texts('a"b\\c\nd', 1)
    assert samples(metrics.text([], []))["drupelet_texts_total", 'model="a\\"b\\\\c\\nd"'] == 1


def test_threads_count_together():
    metrics = Metrics()
    threads = [
        threading.Thread(target=lambda: [metrics.count_request("/a", 200, 0.1) for _ in range(2000)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert samples(metrics.text([], []))["drupelet_requests_total", 'route="/a",status="200"'] == 8000
