/* The decision of a .drupelet file (drupelet/decision_section.py, drupelet/decision.py). */
#include "decision_section.h"

#include "support.h"

enum { HEAD_BYTES = 8 }; /* reject_below, or DRP_NO_VALUE; number of thresholds */

DRP_RARE drupelet_status drp_read_decision(const drp_section *section, drupelet_model *m, drupelet_error *error) {
    const uint8_t *bytes = section->bytes;
    const size_t size_bytes = section->size_bytes;
    const bool is_head = size_bytes >= HEAD_BYTES, rejects = is_head && drp_u32(bytes) != DRP_NO_VALUE;
    const uint32_t count = is_head ? drp_u32(bytes + 4) : 0;
    const uint32_t expected = drupelet_model_is_multi_label(m) ? drupelet_model_classes(m) : 0;
    if ((count == 0 ? !rejects : count != expected) || size_bytes != HEAD_BYTES + (size_t)count * 4)
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "section decision: %zu bytes, %u thresholds, expected %u, or reject_below alone; export it again",
                        size_bytes, count, expected);
    m->thresholds = count ? drp_allocate(count, sizeof *m->thresholds) : NULL;
    if (count && !m->thresholds) return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for %u labels; free some", count);
    for (uint32_t n = rejects ? 0 : 1; n <= count; ++n) { /* the first one rejects */
        float value = drp_f32(bytes + (n ? 4 * (size_t)n + 4 : 0));
        if (!(value > 0.0f && value < 1.0f))
            return drp_fail(error, DRUPELET_BAD_FORMAT,
                            "section decision: threshold %g is not between 0 and 1; export it again", (double)value);
        *(n ? &m->thresholds[n - 1] : &m->reject_below) = value;
    }
    return DRUPELET_OK;
}
