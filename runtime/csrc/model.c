/* An open model: closes it, and answers what callers ask about it. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "op_tensors.h"
#include "support.h"

void drupelet_model_close(drupelet_model *m) {
    if (!m) return;
    drp_free_taken(m->taken);
    drp_free(m->nodes);
    drp_free(m->numbers);
    drp_free(m->input_types);
    drp_free(m->slots);
    for (uint32_t n = 0; n < m->label_count; ++n) drp_free(m->labels[n]);
    drp_free(m->labels);
    drp_free(m->thresholds);
    drp_vocabulary_close(&m->vocabulary);
    drp_text_rules_close(&m->text_rules);
    free(m->own_bytes);
    drp_free(m);
}

const char *drupelet_model_scheme(const drupelet_model *m) {
    static const char *const names[] = {"f32", "f16", "wi8", "wi4"};
    return names[m->scheme];
}

const char *drupelet_model_tier(const drupelet_model *m) { return m->tier->name; }

uint32_t drupelet_model_units(const drupelet_model *m) { return m->nodes[m->node_count - 1].type.width; }

uint32_t drupelet_model_classes(const drupelet_model *m) {
    uint32_t units = drupelet_model_units(m);
    return units == 1 ? 2 : units;
}

bool drupelet_model_is_multi_label(const drupelet_model *m) {
    return m->output == DRP_SIGMOID_OUTPUT && drupelet_model_units(m) > 1;
}

const char *drupelet_model_label(const drupelet_model *m, uint32_t label) {
    return label < m->label_count ? m->labels[label] : NULL;
}

const void *drupelet_model_section(const drupelet_model *m, const char *kind, size_t *size_bytes) {
    for (int n = 0; n < DRP_ONLY_SECTIONS; ++n)
        if (strcmp(m->only_sections[n].kind, kind) == 0) {
            *size_bytes = m->only_sections[n].size_bytes;
            return *size_bytes ? m->only_sections[n].bytes : (const uint8_t *)"";
        }
    return NULL;
}
