/* Opens a .drupelet file: finds its sections, has them read, checks that they fit each other. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decision_section.h"
#include "dispatch.h"
#include "drupelet.h"
#include "graph_section.h"
#include "label_section.h"
#include "model.h"
#include "model_file.h"
#include "model_tensors.h"
#include "support.h"
#include "text_rules.h"
#include "vocabulary.h"

/* Kinds of sections of which a file has one each, the decision at most one: in the table, and in messages. */
enum { GRAPH, TEXT, LABELS, VOCABULARY, DECISION };
static const struct {
    char kind[5], name[11]; /* in place: pointers would take more than what they point to */
} only_kinds[DRP_ONLY_SECTIONS] = {
    {"GRPH", "graph"}, {"TEXT", "text rules"}, {"LABL", "labels"}, {"VOCB", "vocabulary"}, {"DECI", "decision"}};

/* A Raspberry Pi Zero has as much memory in all. Bytes that a caller holds already may be more. */
#define MAX_FILE_BYTES ((size_t)1 << 29)

static drupelet_status find_only_sections(const drp_section_table *table, const drp_section *found[DRP_ONLY_SECTIONS],
                                          drupelet_model *m, drupelet_error *error) {
    for (int kind = 0; kind < DRP_ONLY_SECTIONS; ++kind) {
        uint32_t count = 0;
        for (uint32_t n = 0; n < table->count; ++n)
            if (strcmp(table->sections[n].kind, only_kinds[kind].kind) == 0) {
                found[kind] = &table->sections[n];
                ++count;
            }
        m->only_sections[kind].kind = only_kinds[kind].kind;
        if (kind == DECISION && count == 0) {
            found[kind] = NULL;
            continue;
        }
        if (count != 1)
            return drp_fail(error, DRUPELET_BAD_FORMAT, "%u sections of kind %s, expected one; export it again", count,
                            only_kinds[kind].name);
        m->only_sections[kind].bytes = found[kind]->bytes;
        m->only_sections[kind].size_bytes = found[kind]->size_bytes;
    }
    return DRUPELET_OK;
}

static drupelet_status read_model(const drp_section_table *table, size_t size_bytes, drupelet_model *m,
                                  drupelet_error *error) {
    const drp_section *only[DRP_ONLY_SECTIONS];
    drupelet_status status = find_only_sections(table, only, m, error);
    if (status == DRUPELET_OK) status = drp_read_graph(only[GRAPH], m, error);
    if (status == DRUPELET_OK) status = drp_text_rules_read(only[TEXT]->bytes, only[TEXT]->size_bytes, &m->text_rules, error);
    if (status == DRUPELET_OK) drp_text_rules_choose(&m->text_rules, m->tier);
    if (status == DRUPELET_OK) status = drp_read_labels(only[LABELS], m, error);
    if (status == DRUPELET_OK && only[DECISION]) status = drp_read_decision(only[DECISION], m, error);
    if (status == DRUPELET_OK)
        status = drp_vocabulary_open(only[VOCABULARY]->bytes, only[VOCABULARY]->size_bytes, &m->vocabulary, error);
    if (status != DRUPELET_OK) return status;
    uint32_t ids = m->vocabulary.first_id + m->vocabulary.word_count;
    const drp_text_rules *rules = &m->text_rules;
    if (ids != m->vocabulary_rows)
        return drp_fail(error, DRUPELET_BAD_FORMAT, "the vocabulary has %u ids, the embedding has %u rows; export it again",
                        ids, m->vocabulary_rows);
    const struct {
        const char *name;
        uint32_t id;
    } special[] = {{"start_id", rules->start_id}, {"end_id", rules->end_id}, {"unknown_id", rules->unknown_id}};
    for (size_t n = 0; n < sizeof special / sizeof *special; ++n)
        if (special[n].id != DRP_NO_VALUE && special[n].id >= m->vocabulary.first_id)
            return drp_fail(error, DRUPELET_BAD_FORMAT,
                            "text rules: %s is %u, expected an id below %u, where those of words begin; export it again",
                            special[n].name, special[n].id, m->vocabulary.first_id);
    if (rules->max_tokens != m->max_tokens) /* NO_VALUE on both sides is fine: no limit */
        return drp_fail(error, DRUPELET_BAD_FORMAT,
                        "the text rules cut at %u tokens, the network reads %u; export it again", rules->max_tokens,
                        m->max_tokens);
    return drp_read_tensors(table, size_bytes, m, error);
}

static bool is_little_endian(void) {
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first == 1;
}

drupelet_status drupelet_model_open(const void *bytes, size_t size_bytes, const drupelet_model_options *options,
                                    drupelet_model **model, drupelet_error *error) {
    if (error) error->message[0] = 0;
    *model = NULL;
    const char *lacks, *name = options ? options->tier : NULL;
    const drp_tier *tier = is_little_endian() ? drp_tier_named(name, &lacks) : (lacks = "this machine is big-endian", NULL);
    if (!tier) return drp_fail(error, DRUPELET_NO_TIER, "tier %s: %s", name ? name : "scalar", lacks);
    drp_section_table *table = drp_allocate(1, sizeof *table);
    drupelet_model *m = drp_allocate(1, sizeof *m);
    drupelet_status status = DRUPELET_OK;
    if (!table || !m) status = drp_fail(error, DRUPELET_NO_MEMORY, "no memory for a model; free some");
    if (status == DRUPELET_OK) status = drp_read_sections(bytes, size_bytes, table, error);
    if (status == DRUPELET_OK) {
        m->tier = tier;
        status = read_model(table, size_bytes, m, error);
    }
    if (table) drp_free(table->sections);
    drp_free(table);
    if (status != DRUPELET_OK) {
        drupelet_model_close(m);
        return status;
    }
    *model = m;
    return DRUPELET_OK;
}

drupelet_status drupelet_model_read(const char *path, const drupelet_model_options *options, drupelet_model **model,
                                    drupelet_error *error) {
    *model = NULL;
    FILE *file = fopen(path, "rb");
    if (!file) return drp_fail(error, DRUPELET_NO_FILE, "cannot be opened (%s)", strerror(errno));
    uint8_t *bytes = NULL;
    size_t size_bytes = 0, room = 0;
    for (;;) { /* grows with what was read: no length is asked for, so a pipe will do and a changing file does no harm */
        if (size_bytes == room) {
            room = room ? 2 * room : (size_t)1 << 20;
            if (room > MAX_FILE_BYTES) room = MAX_FILE_BYTES + 1;
            uint8_t *larger = realloc(bytes, room);
            if (!larger) {
                free(bytes);
                fclose(file);
                return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for %zu bytes of it; free some", room);
            }
            bytes = larger;
        }
        size_t got = fread(bytes + size_bytes, 1, room - size_bytes, file);
        if (got == 0) break;
        size_bytes += got;
        if (size_bytes > MAX_FILE_BYTES) {
            free(bytes);
            fclose(file);
            return drp_fail(error, DRUPELET_BAD_FORMAT, "more than %zu bytes; no text classifier for a small board has as many",
                            MAX_FILE_BYTES);
        }
    }
    int failed = ferror(file) ? errno : 0;
    fclose(file);
    if (failed) {
        free(bytes);
        return drp_fail(error, DRUPELET_NO_FILE, "cannot be read (%s)", strerror(failed));
    }
    drupelet_status status = drupelet_model_open(bytes, size_bytes, options, model, error);
    if (status == DRUPELET_OK)
        (*model)->own_bytes = bytes;
    else
        free(bytes);
    return status;
}
