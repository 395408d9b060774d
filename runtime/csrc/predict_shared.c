/* Answers texts on several threads, which last as long as the call: a fork, a signal or the end of an interpreter finds none. */
#if !defined(_WIN32)
#define _POSIX_C_SOURCE 200809L /* pthread_sigmask */
#define HAS_THREADS 1
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#endif

#include "drupelet.h"
#include "support.h"

#if defined(HAS_THREADS)
/* What the threads of a call share. Each takes the next text that nobody has taken. */
typedef struct {
    const drupelet_text *texts;
    drupelet_answer *answers;
    size_t count;
    atomic_size_t next;  /* the first text that nobody has taken */
    atomic_size_t wrong; /* the first text that failed, as far as is known; count: none */
} shared_work;

typedef struct {
    shared_work *work;
    drupelet_session *session;
    drupelet_status status; /* of the text `at`, the only one of this thread that failed */
    drupelet_error error;
    size_t at;
    pthread_t thread;
} worker;

/* Answers texts until none is left, or until `is_enough` (NULL: never), which is asked now and then, says so. Returns whether it
 * said so.
 *
 * A thread stops at its first text that fails, and takes none behind one that failed elsewhere: the first text that fails is
 * then among those that were taken, as it would be on one thread. */
static bool answer_texts(worker *own, bool (*is_enough)(uint64_t), uint64_t since) {
    shared_work *work = own->work;
    for (;;) {
        size_t at = atomic_fetch_add_explicit(&work->next, 1, memory_order_relaxed);
        if (at >= work->count || at > atomic_load_explicit(&work->wrong, memory_order_relaxed)) return false;
        own->status = drupelet_predict(own->session, &work->texts[at], 1, &work->answers[at], &own->error);
        if (own->status != DRUPELET_OK) {
            own->at = at;
            size_t known = atomic_load(&work->wrong);
            while (at < known && !atomic_compare_exchange_weak(&work->wrong, &known, at)) continue;
            return false;
        }
        size_t done = at + 1; /* 1, 2, 4, 8, 16, 32, 48, ...: asking takes as long as a word of a text */
        bool asks = is_enough && (done < 16 ? (done & at) == 0 : done % 16 == 0);
        if (asks && is_enough(since)) return true;
    }
}

static void *run(void *own) {
    answer_texts(own, NULL, 0);
    return NULL;
}

/* Starts a thread for every worker but the first, and returns how many there are with that one. No signal is handled on them. */
static size_t start(worker *workers, size_t count) {
    enum { STACK_BYTES = 1 << 20 }; /* musl gives 128 KiB, which is less than a thread of Python has */
    pthread_attr_t attributes;
    sigset_t all, before;
    size_t started = 1;
    if (pthread_attr_init(&attributes) != 0) return started;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started < count && pthread_create(&workers[started].thread, &attributes, run, &workers[started]) == 0) ++started;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return started;
}

/* Whether texts are worth threads whatever the network is: a thread and its empty caches take a millisecond in all, in which the
 * smallest network answers so many bytes. */
static bool is_much(const drupelet_text *texts, size_t count, size_t threads) {
    enum { LEAST_BYTES = 1 << 15 };
    size_t bytes = 0;
    for (size_t n = 0; n < count && bytes < threads * LEAST_BYTES; ++n) bytes += texts[n].size_bytes;
    return bytes >= threads * LEAST_BYTES;
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Whether two milliseconds have passed: what is left is worth threads if anything is. */
static bool took_long(uint64_t since) { return now_ns() - since > 2000000; }

drupelet_status drupelet_predict_shared(drupelet_session *const *sessions, size_t session_count, const drupelet_text *texts,
                                        size_t count, drupelet_answer *answers, drupelet_error *error) {
    size_t threads = session_count < DRUPELET_MAX_THREADS ? session_count : DRUPELET_MAX_THREADS;
    if (threads > count) threads = count;
    if (threads < 2) return drupelet_predict(sessions[0], texts, count, answers, error);
    shared_work work = {.texts = texts, .answers = answers, .count = count};
    atomic_init(&work.next, 0);
    atomic_init(&work.wrong, count);
    worker workers[DRUPELET_MAX_THREADS];
    for (size_t n = 0; n < threads; ++n) {
        workers[n].work = &work;
        workers[n].session = sessions[n];
        workers[n].status = DRUPELET_OK;
    }
    if (is_much(texts, count, threads) || answer_texts(&workers[0], took_long, now_ns())) {
        size_t left = count - atomic_load(&work.next); /* none but this thread has taken any */
        threads = start(workers, threads < left ? threads : left);
        answer_texts(&workers[0], NULL, 0);
    } else {
        threads = 1;
    }
    const worker *first_wrong = NULL;
    for (size_t n = 0; n < threads; ++n) {
        if (n > 0) pthread_join(workers[n].thread, NULL);
        if (workers[n].status != DRUPELET_OK && (!first_wrong || workers[n].at < first_wrong->at)) first_wrong = &workers[n];
    }
    if (error) error->message[0] = 0;
    return first_wrong ? drp_fail(error, first_wrong->status, "%s", first_wrong->error.message) : DRUPELET_OK;
}
#else
drupelet_status drupelet_predict_shared(drupelet_session *const *sessions, size_t session_count, const drupelet_text *texts,
                                        size_t count, drupelet_answer *answers, drupelet_error *error) {
    (void)session_count;
    return drupelet_predict(sessions[0], texts, count, answers, error);
}
#endif
