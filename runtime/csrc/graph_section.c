/* The graph of a .drupelet file (drupelet/graph_section.py), with the checks of drupelet/graph.py. */
#include "graph_section.h"

#include <string.h>

#include "op_support.h"
#include "section_reader.h"
#include "support.h"

enum { MAX_NODES = 1024, HEAD_BYTES = 20, NODE_HEAD_BYTES = 16 };
#define MAX_TEXT_BYTES ((uint64_t)1 << 28)
#define MAX_WORK ((uint64_t)1 << 38)

#define DRP_PRESENT(NAME) &drp_op_##NAME,
#define DRP_ABSENT(NAME) NULL,
static const drp_operation *const operations[] = {
#include "operation_table.h"
};
enum { OPERATION_COUNT = sizeof operations / sizeof *operations };

DRP_RARE static drupelet_status bad_code(const char *field, uint32_t code, uint32_t known, drupelet_error *error) {
    return drp_fail(error, DRUPELET_BAD_FORMAT, "%s has code %u, this release knows %u; upgrade drupelet", field, code,
                    known);
}

DRP_RARE static drupelet_status bad_node(const drp_node *nodes, uint32_t number, const char *wrong, drupelet_error *error) {
    return drp_fail(error, DRUPELET_BAD_FORMAT, "operation %u (%s): %s; export it again", number,
                    nodes[number].operation->name, wrong);
}

/* Makes room for nodes, and for the numbers that the section holds behind its head. */
DRP_RARE static bool make_room(drupelet_model *m, uint32_t count, size_t numbers) {
    m->nodes = drp_allocate(count, sizeof *m->nodes);
    m->numbers = drp_allocate(numbers + 1, sizeof *m->numbers);
    m->input_types = drp_allocate(numbers + 1, sizeof *m->input_types);
    m->slots = drp_allocate((size_t)count + 1, sizeof *m->slots);
    return m->nodes && m->numbers && m->input_types && m->slots;
}

DRP_RARE static drupelet_status read_node(drp_reader *r, drupelet_model *m, uint32_t number, uint32_t *used,
                                          const drp_type *ids, drupelet_error *error) {
    if (!drp_has(r, NODE_HEAD_BYTES)) return drp_ends_early(r, error);
    uint32_t code = drp_take_u32(r), shared = drp_take_u32(r), inputs = drp_take_u32(r), attributes = drp_take_u32(r);
    if (code >= OPERATION_COUNT) return bad_code("operation", code, OPERATION_COUNT, error);
    if (!operations[code])
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "operation %u has code %u, which this program was built without; emit it again", number, code);
    drp_node *node = &m->nodes[number];
    node->operation = operations[code];
    if (inputs < 1 || inputs > DRP_MAX_INPUTS) return bad_node(m->nodes, number, "too few or too many inputs", error);
    if (attributes != node->operation->attribute_count)
        return bad_node(m->nodes, number, "another number of attributes than this release knows", error);
    if (!drp_has(r, 4 * ((size_t)inputs + attributes))) return drp_ends_early(r, error);
    uint32_t *numbers = m->numbers + *used;
    drp_type *types = m->input_types + *used;
    for (uint32_t n = 0; n < inputs + attributes; ++n) numbers[n] = drp_take_u32(r);
    *used += inputs + attributes;
    for (uint32_t n = 0; n < inputs; ++n) {
        if (numbers[n] > number) return bad_node(m->nodes, number, "reads a value that no earlier operation gives", error);
        types[n] = numbers[n] ? m->nodes[numbers[n] - 1].type : *ids;
    }
    node->reads = numbers;
    node->attributes = numbers + inputs;
    node->inputs = types;
    node->input_count = inputs;
    node->owner = shared == DRP_NO_VALUE ? number : shared;
    if (shared != DRP_NO_VALUE && (shared >= number || m->nodes[shared].owner != shared ||
                                   m->nodes[shared].operation != node->operation))
        return bad_node(m->nodes, number, "uses the weights of an operation that is not an earlier one of its kind", error);
    const char *wrong = node->operation->infer(node, &node->type);
    return wrong ? bad_node(m->nodes, number, wrong, error) : DRUPELET_OK;
}

/* The bytes of all values of a text: so many, and so many more a token. */
DRP_RARE static void count_bytes(drupelet_model *m, const drp_type *ids) {
    for (uint32_t value = 0; value <= m->node_count; ++value) {
        const drp_type *type = value ? &m->nodes[value - 1].type : ids;
        uint64_t step_bytes = sizeof(float) * (type->kind == DRP_IDS ? 1 : drp_padded(type->width));
        if (type->length == DRP_NO_VALUE)
            m->bytes_per_token += step_bytes;
        else
            m->fixed_bytes += step_bytes * type->length;
    }
}

/* There must be room for every token where masked padding is put back or left out. */
DRP_RARE static drupelet_status check_restored(drupelet_model *m, drupelet_error *error) {
    for (uint32_t n = 0; n < m->node_count; ++n) {
        const drp_node *node = &m->nodes[n];
        bool strips = node->operation == &drp_op_strip;
        if (!strips && node->operation != &drp_op_restore) continue;
        m->restores = true;
        uint32_t length = strips ? node->inputs[0].length : node->type.length;
        if (m->padding != DRP_PADDING_NONE || m->max_tokens == DRP_NO_VALUE || length < m->max_tokens)
            return bad_node(m->nodes, n, "padding that is put back or left out, without room for max_tokens tokens", error);
    }
    return DRUPELET_OK;
}

/* Ids mean the same in every embedding: all have as many rows. */
DRP_RARE static drupelet_status check_tables(drupelet_model *m, drupelet_error *error) {
    for (uint32_t n = 0; n < m->node_count; ++n) {
        if (m->nodes[n].operation != &drp_op_embedding) continue;
        uint32_t rows = drp_number(&m->nodes[n], 0);
        if (m->vocabulary_rows && m->vocabulary_rows != rows)
            return bad_node(m->nodes, n, "another number of rows than the embedding before", error);
        m->vocabulary_rows = rows;
    }
    return m->vocabulary_rows ? DRUPELET_OK
                              : drp_fail(error, DRUPELET_BAD_FORMAT, "a network without an embedding; export it again");
}

/* Gives each value a buffer. One is free again behind the last operation that reads its value. */
DRP_RARE static drupelet_status plan_slots(drupelet_model *m, drupelet_error *error) {
    uint32_t count = m->node_count;
    uint32_t *last_reader = drp_allocate((size_t)count + 1, sizeof *last_reader);
    uint32_t *readers = drp_allocate((size_t)count + 1, sizeof *readers);
    bool *is_taken = drp_allocate((size_t)count + 1, sizeof *is_taken);
    if (!last_reader || !readers || !is_taken) {
        drp_free(last_reader), drp_free(readers), drp_free(is_taken);
        return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for the network; free some");
    }
    for (uint32_t n = 0; n < count; ++n) {
        last_reader[n + 1] = n; /* a value that nothing reads is free at once */
        for (uint32_t k = 0; k < m->nodes[n].input_count; ++k) {
            last_reader[m->nodes[n].reads[k]] = n;
            ++readers[m->nodes[n].reads[k]];
        }
    }
    for (uint32_t n = 0; n + 1 < count; ++n)
        m->nodes[n].next_alone_reads = readers[n + 1] == 1 && last_reader[n + 1] == n + 1;
    last_reader[count] = count; /* the answer */
    m->folded = DRP_NO_VALUE;
    for (uint32_t n = 0; n < count && m->folded == DRP_NO_VALUE; ++n) {
        uint32_t read = m->nodes[n].reads[0];
        bool folds = m->nodes[n].operation == &drp_op_recurrent && read && readers[read] == 1 &&
                     m->nodes[read - 1].operation == &drp_op_embedding;
        if (!folds) continue;
        uint32_t ids = m->nodes[read - 1].reads[0]; /* read when the layer runs */
        if (last_reader[ids] < n) last_reader[ids] = n;
        m->folded = n;
    }
    for (uint32_t n = 0; n < count; ++n) {
        const drp_node *node = &m->nodes[n];
        uint32_t first = node->reads[0];
        if (first && node->operation->in_place && last_reader[first] == n) {
            m->slots[n + 1] = m->slots[first];
            last_reader[first] = DRP_NO_VALUE; /* its buffer is not free: it holds the result */
        } else {
            uint32_t slot = 0;
            while (slot < m->slot_count && is_taken[slot]) ++slot;
            if (slot == m->slot_count) ++m->slot_count;
            is_taken[slot] = true;
            m->slots[n + 1] = slot;
        }
        for (uint32_t k = 0; k < node->input_count; ++k)
            if (node->reads[k] && last_reader[node->reads[k]] == n) is_taken[m->slots[node->reads[k]]] = false;
        if (last_reader[n + 1] == n) is_taken[m->slots[n + 1]] = false;
    }
    drp_free(last_reader), drp_free(readers), drp_free(is_taken);
    return DRUPELET_OK;
}

/* What Graph.work of drupelet/graph.py gives; no more than DRP_MUCH_WORK is told apart. */
DRP_RARE static uint64_t work_of_text(const drupelet_model *m, uint64_t tokens) {
    uint64_t total = 0;
    for (uint32_t n = 0; n < m->node_count; ++n) {
        const drp_node *node = &m->nodes[n];
        if (node->operation->work) total += node->operation->work(node, tokens);
        for (uint32_t k = 0; k < node->input_count; ++k) {
            if (total > DRP_MUCH_WORK) total = DRP_MUCH_WORK;
            total += drp_times(drp_steps_in(&node->inputs[k], tokens), node->inputs[k].width);
        }
    }
    return total;
}

/* Finds the longest text, and refuses a network whose own padding or limit is longer. */
DRP_RARE static drupelet_status limit_texts(drupelet_model *m, drupelet_error *error) {
    uint64_t tokens = m->max_tokens == DRP_NO_VALUE ? 0 : m->max_tokens;
    if (m->fixed_bytes > MAX_TEXT_BYTES ||
        (m->bytes_per_token && tokens > (MAX_TEXT_BYTES - m->fixed_bytes) / m->bytes_per_token))
        return drp_fail(error, DRUPELET_BAD_FORMAT, "the values of a text take more than %llu bytes; shorten max_tokens",
                        (unsigned long long)MAX_TEXT_BYTES);
    if (work_of_text(m, tokens) > MAX_WORK)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "a text takes more than %llu multiplications; shorten max_tokens",
                        (unsigned long long)MAX_WORK);
    uint64_t longest = m->bytes_per_token ? (MAX_TEXT_BYTES - m->fixed_bytes) / m->bytes_per_token : MAX_TEXT_BYTES;
    if (work_of_text(m, longest) > MAX_WORK) {
        uint64_t allowed = tokens;
        while (longest - allowed > 1) {
            uint64_t middle = allowed + (longest - allowed) / 2;
            if (work_of_text(m, middle) > MAX_WORK)
                longest = middle;
            else
                allowed = middle;
        }
        longest = allowed;
    }
    m->longest_text = longest;
    return DRUPELET_OK;
}

DRP_RARE drupelet_status drp_read_graph(const drp_section *section, drupelet_model *m, drupelet_error *error) {
    drp_reader r = {section->bytes, section->bytes + section->size_bytes, "graph"};
    if (!drp_has(&r, HEAD_BYTES)) return drp_ends_early(&r, error);
    uint32_t scheme = drp_take_u32(&r), output = drp_take_u32(&r);
    m->max_tokens = drp_take_u32(&r);
    uint32_t padding = drp_take_u32(&r), count = drp_take_u32(&r), used = 0;
    if (scheme > DRP_WI4) return bad_code("scheme", scheme, 4, error);
    if (output > DRP_PROBABILITIES) return bad_code("output", output, 4, error);
    if (padding > DRP_PADDING_POST) return bad_code("padding", padding, 3, error);
    m->scheme = (drp_scheme)scheme;
    m->output = (drp_output)output;
    m->padding = (drp_padding)padding;
    drp_type ids = {DRP_IDS, padding ? m->max_tokens : DRP_NO_VALUE, 1};
    if (m->max_tokens < 1 || (padding && m->max_tokens - 1 >= DRP_MAX_LENGTH))
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "max_tokens is %u, expected 1 to %d where texts are padded; export it again",
                        m->max_tokens, DRP_MAX_LENGTH);
    if (count < 1 || count > MAX_NODES)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "%u operations, expected 1 to %d; export it again", count, MAX_NODES);
    if (!make_room(m, count, section->size_bytes / 4))
        return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for the network; free some");
    drupelet_status status = DRUPELET_OK;
    for (; m->node_count < count && status == DRUPELET_OK; ++m->node_count)
        status = read_node(&r, m, m->node_count, &used, &ids, error);
    if (status == DRUPELET_OK) status = drp_finish(&r, error);
    if (status == DRUPELET_OK) status = check_tables(m, error);
    if (status == DRUPELET_OK) status = check_restored(m, error);
    if (status != DRUPELET_OK) return status;
    const drp_type *last = &m->nodes[count - 1].type;
    if (last->kind != DRP_VECTOR || (last->width < 2 && (output == DRP_SOFTMAX || output == DRP_PROBABILITIES)))
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "the last operation gives no vector, or one number where two or more are needed; export it again");
    count_bytes(m, &ids);
    status = limit_texts(m, error);
    return status == DRUPELET_OK ? plan_slots(m, error) : status;
}
