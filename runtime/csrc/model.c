/* An open model: closes it, and answers what callers ask about it. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

static void free_kernel_i8(drp_kernel_i8 *kernel) {
    drp_free(kernel->values);
    drp_free(kernel->sums);
    drp_free(kernel->scales);
}

void drupelet_model_close(drupelet_model *m) {
    if (!m) return;
    for (uint32_t n = 0; m->layers && n < m->layer_count; ++n)
        for (int d = 0; d < 2; ++d) {
            drp_weights *w = &m->layers[n].weights[d];
            free_kernel_i8(&w->kernel_i8);
            free_kernel_i8(&w->recurrent_kernel_i8);
            free_kernel_i8(&w->candidate_kernel_i8);
            drp_free(w->kernel_f32.values);
            drp_free(w->recurrent_kernel_f32.values);
            drp_free(w->candidate_kernel_f32.values);
            drp_free(w->bias);
            drp_free(w->recurrent_bias);
        }
    for (uint32_t n = 0; m->dense && n < m->dense_count; ++n) {
        drp_free(m->dense[n].kernel.values);
        drp_free(m->dense[n].bias);
    }
    for (uint32_t n = 0; n < m->label_count; ++n) drp_free(m->labels[n]);
    drp_free(m->labels);
    drp_free(m->layers);
    drp_free(m->dense);
    drp_free(m->scale_table);
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

uint32_t drupelet_model_units(const drupelet_model *m) { return m->dense[m->dense_count - 1].units; }

uint32_t drupelet_model_classes(const drupelet_model *m) {
    uint32_t units = drupelet_model_units(m);
    return units == 1 ? 2 : units;
}

const char *drupelet_model_label(const drupelet_model *m, uint32_t label) {
    return label < m->label_count ? m->labels[label] : NULL;
}

const void *drupelet_model_section(const drupelet_model *m, const char *kind, size_t *size_bytes) {
    for (int n = 0; n < DRP_ONLY_SECTIONS; ++n)
        if (strcmp(m->only_sections[n].kind, kind) == 0) {
            *size_bytes = m->only_sections[n].size_bytes;
            return m->only_sections[n].bytes;
        }
    return NULL;
}
