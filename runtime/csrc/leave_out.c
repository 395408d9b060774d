/* Answers ids without each one of them in turn. */
#include "drupelet.h"
#include "network.h"
#include "pieces.h"
#include "session.h"
#include "support.h"

/* Most bytes of states that are held at once. */
#define MOST_STATE_BYTES ((size_t)1 << 28)

/* The states of a text that is left out id by id: `front` has read the ids before one; `backs` (count + 1), or NULL, those from each
 * place to the end; `whole` becomes that of the text without it. */
typedef struct {
    const drp_pieces *pieces;
    uint8_t *front, *whole, *backs;
} text_states;

DRP_RARE static bool leave_out(const text_states *t, drupelet_session *s, const int32_t *ids, size_t count, float *logits) {
    const drp_pieces *p = t->pieces;
    const size_t units = drupelet_model_units(p->model), state_bytes = p->state_bytes;
    bool done = true;
    drp_pieces_begin(p, t->front);
    if (t->backs) drp_pieces_begin(p, t->backs + count * state_bytes);
    for (size_t n = count; done && t->backs && n > 0; --n) {
        uint8_t *back = t->backs + (n - 1) * state_bytes;
        drp_pieces_join(p, back + state_bytes, back + state_bytes, back);
        done = drp_pieces_read(p, s, back, DRP_FROM_BACK, ids + n - 1, 1);
    }
    for (size_t n = 0; done && n < count; ++n) {
        drp_pieces_join(p, t->front, t->backs ? t->backs + (n + 1) * state_bytes : t->front, t->whole);
        done = drp_pieces_read(p, s, t->whole, DRP_FROM_FRONT, ids + n + 1, count - n - 1) &&
               (!t->backs || drp_pieces_read(p, s, t->whole, DRP_FROM_BACK, ids, n)) &&
               drp_pieces_finish(p, s, t->whole, logits + n * units) &&
               drp_pieces_read(p, s, t->front, DRP_FROM_FRONT, ids + n, 1);
    }
    return done;
}

DRP_RARE drupelet_status drupelet_leave_one_out(drupelet_session *s, const int32_t *ids, size_t count, float *logits, bool *is_known,
                                       drupelet_error *error) {
    if (error) error->message[0] = 0;
    *is_known = false;
    drp_pieces pieces;
    text_states t = {.pieces = &pieces};
    drupelet_status status = drp_check_ids(s->model, ids, count, error);
    if (status != DRUPELET_OK) return status;
    status = drp_pieces_of(s->model, &pieces, error);
    if (status == DRUPELET_OK && pieces.state_bytes) {
        *is_known = true;
        const bool has_room = count < MOST_STATE_BYTES / pieces.state_bytes;
        t.front = drp_allocate(2, pieces.state_bytes);
        t.whole = t.front ? t.front + pieces.state_bytes : NULL;
        if (pieces.looks_behind && has_room) t.backs = drp_allocate(count + 1, pieces.state_bytes);
        const bool has_memory = t.front && (!pieces.looks_behind || t.backs);
        if (!has_memory || !leave_out(&t, s, ids, count, logits)) status = drp_no_memory_for(count, error);
    }
    drp_free(t.front);
    drp_free(t.backs);
    drp_pieces_free(&pieces);
    drp_session_trim(s);
    return status;
}
