/* Drupelet: runs an LSTM or GRU text classifier from the bytes of a .drupelet file. C11, no dependency but libc.
 *
 *     drupelet_model *model;
 *     drupelet_session *session;
 *     drupelet_error error;
 *     if (drupelet_model_read("model.wi8.drupelet", NULL, &model, &error) != DRUPELET_OK) ...
 *     if (drupelet_session_create(model, NULL, &session, &error) != DRUPELET_OK) ...
 *     drupelet_answer answer = {.probabilities = (double[2]){0}};
 *     drupelet_text text = {"a quiet, wonderful film", 23};
 *     drupelet_predict(session, &text, 1, &answer, &error);
 *     puts(drupelet_model_label(model, answer.label));
 *
 * A model is read-only once it is open: any number of threads may share it. A session holds what a thread needs while
 * it answers; one thread may use it at a time. Nothing here prints, exits, or keeps state between two texts that could
 * change an answer: a session's caches hold values that would be computed to the same bits again.
 */
#ifndef DRUPELET_H
#define DRUPELET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One code per decision that a caller makes. The error's message says what, where, got, expected, next step. */
typedef enum {
    DRUPELET_OK = 0,
    DRUPELET_BAD_FORMAT = 1,   /* the bytes are not what their format says: copy or export the file again */
    DRUPELET_BAD_VERSION = 2,  /* a format version that this release does not read: upgrade, or export again */
    DRUPELET_BAD_TEXT = 3,     /* a text that is not UTF-8, or that the text rules make too long: convert or shorten it */
    DRUPELET_NO_MEMORY = 4,    /* an allocation failed; the session can go on with other texts */
    DRUPELET_NO_TIER = 5,      /* a tier of that name is not built in, or this processor lacks it */
    DRUPELET_NO_FILE = 6       /* a file that cannot be opened or read */
} drupelet_status;

typedef struct {
    char message[320]; /* a sentence, without the name of the file; empty when the status is DRUPELET_OK */
} drupelet_error;

typedef struct drupelet_model drupelet_model;
typedef struct drupelet_session drupelet_session;
typedef struct drupelet_follower drupelet_follower;

/* UTF-8; not terminated, may hold zero bytes. */
typedef struct {
    const char *bytes;
    size_t size_bytes;
} drupelet_text;

typedef struct {
    double *probabilities; /* (classes) float64, the caller's; the last layer's softmax or sigmoid */
    float *logits;         /* (units of the last layer) float32, the caller's, or NULL */
    size_t n_tokens;       /* words of the vocabulary that the network read; 0: the answer says nothing about the text */
    uint32_t label;        /* index of the largest probability, the first of equal ones; 0 when one is NaN */
    bool is_rejected;      /* no label is answered: the file has a threshold, and that probability is below it or no word is known */
} drupelet_answer;

typedef struct {
    const char *tier; /* NULL: the best that this processor runs; else a name of drupelet_tier_name */
} drupelet_model_options;

typedef struct {
    size_t projection_cache_bytes; /* 0: the default, DRUPELET_PROJECTION_CACHE_BYTES */
    int accept_surrogates;         /* not 0: texts may hold lone surrogates (ED A0 80 to ED BF BF), as Python's may */
} drupelet_session_options;

/* Size of a session's cache of input projections. On reviews it serves five of six tokens of a 64-unit LSTM. */
#define DRUPELET_PROJECTION_CACHE_BYTES ((size_t)11 << 18)

/* Opens the bytes of a .drupelet file. Everything is checked before it is used. The bytes are used in place: they must
 * stay, unchanged, until drupelet_model_close. (If they change all the same, answers are wrong and nothing worse happens;
 * a mapped file that is truncated raises SIGBUS, as any mapped file does: use drupelet_model_read where files change.) */
drupelet_status drupelet_model_open(const void *bytes, size_t size_bytes, const drupelet_model_options *options,
                                    drupelet_model **model, drupelet_error *error);

/* Reads the whole file, of at most 2^29 bytes, into memory and opens that: later changes of the file do not matter. */
drupelet_status drupelet_model_read(const char *path, const drupelet_model_options *options, drupelet_model **model,
                                    drupelet_error *error);

/* Closes a model, after its sessions. NULL is allowed. */
void drupelet_model_close(drupelet_model *model);

const char *drupelet_model_scheme(const drupelet_model *model); /* f32, f16, wi8 or wi4 */
const char *drupelet_model_tier(const drupelet_model *model);   /* the instruction set that it runs on */
uint32_t drupelet_model_classes(const drupelet_model *model);
/* Whether each class is decided alone: several sigmoids. */
bool drupelet_model_is_multi_label(const drupelet_model *model);
uint32_t drupelet_model_units(const drupelet_model *model); /* logits of one answer: classes, or 1 */
const char *drupelet_model_label(const drupelet_model *model, uint32_t label); /* UTF-8, terminated; NULL past the end */

/* Whether a label is answered: none of a rejected text; where each class is decided alone, all from their thresholds on, to which
 * probabilities are compared as float32; else the most probable one. */
bool drupelet_answers_label(const drupelet_model *model, const drupelet_answer *answer, uint32_t label);

/* Whether a text with these probabilities (classes), the one of `label` the largest, is rejected whatever words it has. */
bool drupelet_rejects(const drupelet_model *model, const double *probabilities, uint32_t label);

/* The bytes of the file's only section of that kind (GRPH, TEXT, LABL, VOCB, DECI), to be compared: none where it has no DECI; NULL
 * for another kind. */
const void *drupelet_model_section(const drupelet_model *model, const char *kind, size_t *size_bytes);

/* Creates a session of an open model. The model must outlive it. */
drupelet_status drupelet_session_create(const drupelet_model *model, const drupelet_session_options *options,
                                        drupelet_session **session, drupelet_error *error);
void drupelet_session_destroy(drupelet_session *session); /* NULL is allowed */

/* Answers texts. Each answer has the bits that the text would get alone. After an error, use none of the answers. */
drupelet_status drupelet_predict(drupelet_session *session, const drupelet_text *texts, size_t count,
                                 drupelet_answer *answers, drupelet_error *error);

/* Most threads of a call of drupelet_predict_shared. */
enum { DRUPELET_MAX_THREADS = 64 };

/* Answers texts as drupelet_predict does, on up to as many threads as there are sessions, at least one and all of one model; the
 * calling thread is one of them. Few texts, and a system that gives no thread, have fewer; Windows has one. The error is that of
 * the first text that fails. */
drupelet_status drupelet_predict_shared(drupelet_session *const *sessions, size_t session_count, const drupelet_text *texts,
                                        size_t count, drupelet_answer *answers, drupelet_error *error);

/* The ids (count) int32 that the network reads of a text, padding included. Valid until the session's next call. */
drupelet_status drupelet_encode(drupelet_session *session, drupelet_text text, const int32_t **ids, size_t *count,
                                size_t *n_tokens, drupelet_error *error);

/* Logits (units) float32 for ids (count) as drupelet_encode gives them. An id that is no row of the
 * embedding is DRUPELET_BAD_TEXT. */
drupelet_status drupelet_run(drupelet_session *session, const int32_t *ids, size_t count, float *logits,
                             drupelet_error *error);

/* Follows a text that grows: answers it, with the bits of drupelet_predict, from what is known of the text before. A network of one
 * direction, without convolutions and attention, then reads only the tokens from the first on that has changed; that is what
 * _is_incremental says. A follower is used by one thread at a time, with any session of its model, and destroyed before it. */
drupelet_status drupelet_follower_create(const drupelet_model *model, drupelet_follower **follower, drupelet_error *error);
void drupelet_follower_destroy(drupelet_follower *follower); /* NULL is allowed */
bool drupelet_follower_is_incremental(const drupelet_follower *follower);
drupelet_status drupelet_follow(drupelet_session *session, drupelet_follower *follower, drupelet_text text,
                                drupelet_answer *answer, drupelet_error *error);

/* Logits (count, units) float32 without each one of ids (count) as drupelet_encode gives them: those of drupelet_run for the others,
 * to rounding. What is known of the ids before it, and of those behind it, is not computed again. *is_known is set to false, and
 * nothing is written, for a network of which that is not known: one that pads, or has convolutions, attention, or layers that read
 * those of both directions. */
drupelet_status drupelet_leave_one_out(drupelet_session *session, const int32_t *ids, size_t count, float *logits, bool *is_known,
                                       drupelet_error *error);

/* What each of ids (count) adds to each logit: shares (count, units) and, for the bias, rest (units), float64; all together are the
 * logits, to rounding. *is_known as above: it is true for a network whose logits are a dense layer of maxima, minima, averages,
 * sums or single steps, or of last states of recurrent layers, one step to each id. */
drupelet_status drupelet_shares(drupelet_session *session, const int32_t *ids, size_t count, double *shares, double *rest,
                                bool *is_known, drupelet_error *error);

/* The words that the text rules make of a text, before ids and max_tokens: for tests and for people. Each is a
 * little-endian uint32, its size in bytes, and then its UTF-8. Valid until the session's next call. */
drupelet_status drupelet_words(drupelet_session *session, drupelet_text text, const char **words, size_t *size_bytes,
                               drupelet_error *error);

/* The name of tier 0, 1, ... of this build, the best one last; NULL past the end. A tier is a set of instructions. */
const char *drupelet_tier_name(size_t number);
/* What this processor lacks for a tier; NULL when it runs it. */
const char *drupelet_tier_lacks(size_t number);

#ifdef __cplusplus
}
#endif
#endif
