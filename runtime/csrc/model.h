/* An open model: the content of a .drupelet file, checked, and laid out for a tier. docs/format.md specifies the file;
 * names of tensors and codes are those of drupelet/graph.py and drupelet/graph_section.py. */
#ifndef DRP_MODEL_H
#define DRP_MODEL_H

#include <stdbool.h>

#include "drupelet.h"
#include "kernel.h"
#include "layer.h"
#include "operation.h"
#include "text_rules.h"
#include "vocabulary.h"

/* Codes of a file: indices into the tuples of drupelet/graph.py. */
typedef enum { DRP_SOFTMAX, DRP_SIGMOID_OUTPUT, DRP_LOGITS, DRP_PROBABILITIES } drp_output;
typedef enum { DRP_PADDING_NONE, DRP_PADDING_PRE, DRP_PADDING_POST } drp_padding;
typedef enum { DRP_F32, DRP_F16, DRP_WI8, DRP_WI4 } drp_scheme;

enum { DRP_ONLY_SECTIONS = 5 }; /* kinds of which a file has one section each; the last one may be missing */

struct drupelet_model {
    const drp_tier *tier;
    drp_scheme scheme;
    uint32_t vocabulary_rows, max_tokens; /* max_tokens may be DRP_NO_VALUE */
    drp_output output;
    drp_padding padding;
    uint32_t node_count, label_count;
    drp_node *nodes;
    drp_type *input_types; /* of all nodes, one behind the other */
    uint32_t *numbers;     /* their reads and attributes */
    uint64_t fixed_bytes, bytes_per_token; /* of all values of a text */
    uint64_t longest_text;                 /* tokens for which its memory and its work are allowed */
    /* The recurrent layer whose input projections of embedding rows are cached; DRP_NO_VALUE: none. Its embedding has no
     * value of its own. */
    uint32_t folded;
    bool restores; /* somewhere masked padding is put back or left out: texts have at most max_tokens */
    uint32_t *slots; /* for each value the buffer of a session that holds it */
    uint32_t slot_count;
    void *taken; /* the memory of weights: drp_free_taken frees it */
    char **labels;
    float *thresholds;  /* (classes): from there on a label of a multi-label network holds; NULL: 0.5 */
    float reject_below; /* a text with a smaller largest probability has no label; 0: each has one */
    drp_text_rules text_rules;
    drp_vocabulary vocabulary;
    struct {
        const char *kind; /* GRPH, TEXT, LABL, VOCB or DECI, of which a file may lack the last: its bytes are then NULL */
        const uint8_t *bytes;
        size_t size_bytes;
    } only_sections[DRP_ONLY_SECTIONS];
    void *own_bytes; /* the file, where drupelet_model_read holds it */
};

#endif
