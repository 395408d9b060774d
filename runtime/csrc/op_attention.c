#include <string.h>

#include "op_support.h"
#include "row_math.h"
#include "softmax_row.h"

enum { HEADS, SCORE, SCALE, CAUSAL, ATTRIBUTES };
enum { DOT, ADDITIVE, SCORES };
enum { QUERY, KEYS, VALUES, INPUTS };

typedef struct {
    uint32_t heads;
    bool is_causal;
    float scale;
    float *weight; /* (width) of the additive score; NULL: the score is a dot product */
} attention;

/* Queries that are scored together. */
enum { QUERIES = 16 };

/* What one head works with, in scratch memory. */
typedef struct {
    uint32_t width, value_width; /* of the head */
    size_t keys, keys_stride, values_stride;
    float *transposed; /* keys (width, keys_stride), zeros behind the last key */
    float *values;     /* (keys, values_stride) */
    float *queries;    /* (QUERIES, width), times the scale */
    float *scores;     /* (QUERIES, keys_stride) */
    float *averages;   /* (QUERIES, values_stride) */
    float *zeros;      /* as many as keys_stride or values_stride */
    float *room;       /* (keys_stride) */
} head_memory;

/* Places everything in scratch memory (NULL: nowhere). Returns how many floats it takes. */
DRP_RARE static size_t lay_out(head_memory *m, uint32_t width, uint32_t value_width, size_t keys, float *scratch) {
    *m = (head_memory){.width = width, .value_width = value_width, .keys = keys};
    m->keys_stride = drp_padded(keys);
    m->values_stride = drp_padded(value_width);
    const struct {
        float **place;
        size_t floats;
    } parts[] = {{&m->transposed, width * m->keys_stride},     {&m->values, keys * m->values_stride},
                 {&m->queries, QUERIES * drp_padded(width)},     {&m->scores, QUERIES * m->keys_stride},
                 {&m->averages, QUERIES * m->values_stride},     {&m->zeros, m->keys_stride + m->values_stride},
                 {&m->room, m->keys_stride}};
    size_t floats = 0;
    for (size_t part = 0; part < sizeof parts / sizeof *parts; ++part) {
        *parts[part].place = scratch ? scratch + floats : NULL;
        floats += parts[part].floats;
    }
    return floats;
}

DRP_RARE static void score_additive(const attention *a, const drp_tier *tier, const head_memory *m, const float *query,
                           const float *weight, float *scores) {
    memset(scores, 0, m->keys_stride * sizeof *scores);
    for (uint32_t k = 0; k < m->width; ++k) {
        const float *keys = m->transposed + k * m->keys_stride;
        for (size_t n = 0; n < m->keys_stride; ++n) m->room[n] = a->scale * (query[k] + keys[n]);
        tier->tanh(m->room, m->keys_stride);
        for (size_t n = 0; n < m->keys_stride; ++n) scores[n] += weight[k] * m->room[n];
    }
}

/* scores (count, keys_stride) of queries, before the softmax. */
DRP_RARE static void score(const attention *a, const drp_tier *tier, const head_memory *m, uint32_t first, const float *queries,
                  size_t stride, size_t count) {
    if (a->weight) {
        for (size_t q = 0; q < count; ++q)
            score_additive(a, tier, m, queries + q * stride, a->weight + first, m->scores + q * m->keys_stride);
        return;
    }
    drp_matrix keys = {m->transposed, m->keys_stride, m->keys_stride, m->width};
    for (size_t q = 0; q < count; ++q)
        for (uint32_t k = 0; k < m->width; ++k) m->queries[q * m->width + k] = a->scale * queries[q * stride + k];
    tier->project_rows_f32(&keys, m->zeros, 0, m->queries, m->width, count, m->scores, m->keys_stride);
}

DRP_RARE static void attend(const attention *a, const drp_tier *tier, const drp_rows *query, const drp_rows *keys,
                   const drp_rows *values, const drp_rows *out, float *scratch) {
    head_memory m;
    lay_out(&m, query->width / a->heads, values->width / a->heads, keys->steps, scratch);
    memset(m.zeros, 0, (m.keys_stride + m.values_stride) * sizeof *m.zeros);
    for (uint32_t head = 0; head < a->heads; ++head) {
        uint32_t first = head * m.width, first_value = head * m.value_width;
        memset(m.transposed, 0, m.width * m.keys_stride * sizeof *m.transposed);
        for (size_t n = 0; n < m.keys; ++n) {
            const float *key = drp_row(keys, n) + first;
            for (uint32_t k = 0; k < m.width; ++k) m.transposed[k * m.keys_stride + n] = key[k];
            memcpy(m.values + n * m.values_stride, drp_row(values, n) + first_value, m.value_width * sizeof *m.values);
        }
        drp_matrix matrix = {m.values, m.values_stride, m.values_stride, (uint32_t)m.keys};
        for (size_t q = 0; q < query->steps; q += QUERIES) {
            size_t count = query->steps - q < QUERIES ? query->steps - q : QUERIES;
            score(a, tier, &m, first, drp_row(query, q) + first, query->stride, count);
            float sums[QUERIES], largest;
            for (size_t row = 0; row < count; ++row) {
                float *scores = m.scores + row * m.keys_stride;
                size_t seen = a->is_causal && q + row + 1 < m.keys ? q + row + 1 : m.keys;
                sums[row] = seen > 0 ? drp_exp_row(tier, scores, seen, &largest) : 1.0f;
                memset(scores + seen, 0, (m.keys_stride - seen) * sizeof *scores);
            }
            tier->project_rows_f32(&matrix, m.zeros, 0, m.scores, m.keys_stride, count, m.averages, m.values_stride);
            for (size_t row = 0; row < count; ++row)
                for (uint32_t k = 0; k < m.value_width; ++k)
                    drp_row(out, q + row)[first_value + k] = m.averages[row * m.values_stride + k] / sums[row];
        }
    }
}
DRP_RARE static const char *infer(const drp_node *node, drp_type *output) {
    uint32_t heads = drp_number(node, HEADS), score = drp_number(node, SCORE), causal = drp_number(node, CAUSAL);
    float scale = drp_float(node, SCALE);
    enum { MAX_HEADS = 1024 };
    if (heads - 1 >= MAX_HEADS || score >= SCORES || causal > 1) return "heads, a score or a causal out of range";
    if (!(scale - scale == 0.0f)) return "a scale that is not finite";
    if (node->input_count != INPUTS) return "another number of inputs than three";
    for (int number = 0; number < INPUTS; ++number)
        if (node->inputs[number].kind != DRP_STEPS) return "an input that is not steps";
    const drp_type *query = &node->inputs[QUERY], *keys = &node->inputs[KEYS], *values = &node->inputs[VALUES];
    if (query->width != keys->width || keys->length != values->length) return "queries, keys and values that do not fit";
    if (query->width % heads || values->width % heads) return "features that are no multiple of the heads";
    *output = (drp_type){DRP_STEPS, query->length, values->width};
    return NULL;
}

DRP_RARE static bool prepare(drp_node *node, drp_tensors *tensors) {
    attention *a = drp_node_memory(node, tensors, sizeof *a);
    if (!a) return false;
    *a = (attention){drp_number(node, HEADS), drp_number(node, CAUSAL), drp_float(node, SCALE), NULL};
    return drp_number(node, SCORE) == DOT ||
           (a->weight = drp_take_floats(tensors, "weight", 0, node->inputs[QUERY].width)) != NULL;
}

DRP_RARE static size_t scratch_floats(const drp_node *node, size_t tokens) {
    head_memory memory;
    uint32_t heads = drp_number(node, HEADS);
    const drp_type *keys = &node->inputs[KEYS];
    return lay_out(&memory, keys->width / heads, node->inputs[VALUES].width / heads, drp_steps_in(keys, tokens), NULL);
}

DRP_RARE static void run(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output,
                         float *scratch) {
    attend(node->weights, tier, &inputs[QUERY], &inputs[KEYS], &inputs[VALUES], output, scratch);
}

DRP_RARE static uint64_t work(const drp_node *node, uint64_t tokens) {
    enum { FUNCTION_WORK = 32 }; /* products that take as long as the exponential of a score, or a tanh */
    const drp_type *query = &node->inputs[QUERY], *keys = &node->inputs[KEYS], *values = &node->inputs[VALUES];
    uint64_t functions = drp_number(node, HEADS) + (drp_number(node, SCORE) == DOT ? 0 : (uint64_t)keys->width);
    uint64_t pairs = drp_times(drp_steps_in(query, tokens), drp_steps_in(keys, tokens));
    return drp_times(pairs, (uint64_t)keys->width + values->width + FUNCTION_WORK * functions);
}

DRP_RARE static uint64_t laid_out(const drp_node *node) {
    return drp_number(node, SCORE) == DOT ? 0 : drp_padded(node->inputs[QUERY].width);
}

const drp_operation drp_op_attention = {.name = "attention",
                                        .attribute_count = ATTRIBUTES,
                                        .infer = infer,
                                        .work = work,
                                        .laid_out = laid_out,
                                        .prepare = prepare,
                                        .scratch_floats = scratch_floats,
                                        .run = run};
