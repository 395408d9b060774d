/* Follows a text that grows, or changes in any other way: answers it from what is known of the text before.
 *
 * The whole text becomes ids again; steps that have been read of the text before, up to the first id that differs, are not read
 * again. So nothing has to be known of the text rules: an id is compared, however it came to be. */
#include <string.h>

#include "answer.h"
#include "drupelet.h"
#include "encode.h"
#include "network.h"
#include "pieces.h"
#include "session.h"
#include "support.h"

/* States of a text are kept after each of the last tokens, and here and there before them. */
enum { MOST_KEPT = 1024, LEAST_KEPT = 8, KEPT_BYTES = 1 << 22, STEPS_APART = 16 };

/* A state that is kept, and how many ids it has read. */
typedef struct {
    size_t position, place;
} kept_state;

struct drupelet_follower {
    const drupelet_model *model;
    drp_pieces pieces;
    int32_t *ids; /* (room): of the text before, as far as they have been read */
    size_t count, room;
    uint8_t *states;      /* (most_kept + 1, state_bytes): the last one reads on */
    kept_state *kept;     /* (most_kept): those that are kept, in the order of the text, and then places that are free */
    size_t kept_count, most_kept;
};

static uint8_t *state_at(const drupelet_follower *f, size_t place) { return f->states + place * f->pieces.state_bytes; }
static uint8_t *reading(const drupelet_follower *f) { return state_at(f, f->most_kept); }

DRP_RARE drupelet_status drupelet_follower_create(const drupelet_model *model, drupelet_follower **follower, drupelet_error *error) {
    if (error) error->message[0] = 0;
    *follower = NULL;
    drupelet_follower *f = drp_allocate(1, sizeof *f);
    if (!f) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for following a text; free some");
    f->model = model;
    drupelet_status status = drp_pieces_of(model, &f->pieces, error);
    if (status == DRUPELET_OK && drupelet_follower_is_incremental(f)) {
        f->most_kept = KEPT_BYTES / f->pieces.state_bytes;
        if (f->most_kept > MOST_KEPT) f->most_kept = MOST_KEPT;
        if (f->most_kept < LEAST_KEPT) f->most_kept = LEAST_KEPT;
        f->states = drp_allocate(f->most_kept + 1, f->pieces.state_bytes);
        f->kept = drp_allocate(f->most_kept, sizeof *f->kept);
        if (!f->states || !f->kept)
            status = drp_fail(error, DRUPELET_NO_MEMORY, "no memory for following a text; free some");
        for (size_t n = 0; f->kept && n < f->most_kept; ++n) f->kept[n].place = n;
    }
    if (status == DRUPELET_OK)
        *follower = f;
    else
        drupelet_follower_destroy(f);
    return status;
}

DRP_RARE void drupelet_follower_destroy(drupelet_follower *f) {
    if (!f) return;
    drp_pieces_free(&f->pieces);
    drp_free(f->ids);
    drp_free(f->states);
    drp_free(f->kept);
    drp_free(f);
}

DRP_RARE bool drupelet_follower_is_incremental(const drupelet_follower *f) { return f->pieces.state_bytes > 0 && !f->pieces.looks_behind; }

/* Keeps the state that has read so many ids. Where there is no room, every second one of the older half goes. */
DRP_RARE static void keep(drupelet_follower *f, size_t position) {
    if (f->kept_count == f->most_kept) {
        size_t left = 0, older = f->kept_count / 2;
        for (size_t n = 0; n < f->kept_count; ++n) {
            if (n < older && n % 2 == 0) continue;
            kept_state stays = f->kept[n];
            f->kept[n] = f->kept[left];
            f->kept[left++] = stays;
        }
        f->kept_count = left;
    }
    kept_state *added = &f->kept[f->kept_count++];
    added->position = position;
    memcpy(state_at(f, added->place), reading(f), f->pieces.state_bytes);
}

/* Reads ids (count) from the first on that differs from those before. False when there is no memory. */
DRP_RARE static bool read_on(drupelet_follower *f, drupelet_session *s, const int32_t *ids, size_t count) {
    size_t alike = 0, at = 0;
    while (alike < f->count && alike < count && f->ids[alike] == ids[alike]) ++alike;
    while (f->kept_count > 0 && f->kept[f->kept_count - 1].position > alike) --f->kept_count;
    if (f->kept_count > 0) {
        const kept_state *last = &f->kept[f->kept_count - 1];
        at = last->position;
        memcpy(reading(f), state_at(f, last->place), f->pieces.state_bytes);
    } else {
        drp_pieces_begin(&f->pieces, reading(f));
    }
    f->count = at;
    if (count > f->room) {
        size_t room = 2 * count;
        int32_t *larger = drp_allocate(room, sizeof *larger);
        if (!larger) return false;
        if (at) memcpy(larger, f->ids, at * sizeof *larger);
        drp_free(f->ids);
        f->ids = larger;
        f->room = room;
    }
    while (at < count) {
        size_t left = count - at, steps = left > 2 * STEPS_APART ? STEPS_APART : 1;
        if (!drp_pieces_read(&f->pieces, s, reading(f), DRP_FROM_FRONT, ids + at, steps)) return false;
        memcpy(f->ids + at, ids + at, steps * sizeof *ids);
        at += steps;
        f->count = at;
        keep(f, at);
    }
    return true;
}

DRP_RARE static drupelet_status follow(drupelet_follower *f, drupelet_session *s, drupelet_text text, drupelet_answer *answer,
                              drupelet_error *error) {
    drp_encoded encoded;
    float *logits = drp_reserve(&s->logits, drupelet_model_units(f->model) * sizeof *logits);
    if (!logits) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for answers; free some");
    drupelet_status status = drp_encode(s, text, &encoded, error);
    if (status != DRUPELET_OK) return status;
    if (drupelet_follower_is_incremental(f)) {
        status = drp_check_count(f->model, encoded.count, error);
        if (status != DRUPELET_OK) return status;
        if (!read_on(f, s, s->ids.memory, encoded.count) ||
            !drp_pieces_finish(&f->pieces, s, reading(f), logits))
            return drp_no_memory_for(encoded.count, error);
    } else {
        status = drp_run_network(s, s->ids.memory, encoded.count, logits, error);
        if (status != DRUPELET_OK) return status;
    }
    answer->n_tokens = encoded.n_tokens;
    drp_finish_answer(f->model, logits, answer);
    return DRUPELET_OK;
}

DRP_RARE drupelet_status drupelet_follow(drupelet_session *s, drupelet_follower *f, drupelet_text text, drupelet_answer *answer,
                                drupelet_error *error) {
    if (error) error->message[0] = 0;
    drupelet_status status = follow(f, s, text, answer, error);
    drp_session_trim(s);
    return status;
}
