import threading

from drupelet.shared_threads import SharedThreads


def test_the_answers_stand_in_the_order_of_the_texts():
    shared = SharedThreads(lambda texts: [text.upper() for text in texts], 3)
    for count in (1, 2, 3, 4, 7, 100):
        texts = [f"text {number}" for number in range(count)]
        assert shared.answer(texts) == [text.upper() for text in texts]


def test_each_thread_answers_a_share():
    together = threading.Barrier(2)

    def answer(texts):
        together.wait(10)
        return [len(texts)] * len(texts)

    assert SharedThreads(answer, 2).answer(["a", "b", "c", "d"]) == [2, 2, 2, 2]
