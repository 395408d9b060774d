/* An open model: the content of a .drupelet file, checked, and laid out for a tier. docs/format.md specifies the file;
 * names of tensors and codes are those of drupelet/graph.py, drupelet/operations and drupelet/model_file.py. */
#ifndef DRP_MODEL_H
#define DRP_MODEL_H

#include <stdbool.h>

#include "activations.h"
#include "drupelet.h"
#include "kernel.h"
#include "operation.h"
#include "text_rules.h"
#include "vocabulary.h"

/* Codes of a file: indices into the tuples of drupelet/graph.py and drupelet/operations/recurrent.py. */
typedef enum { DRP_LSTM, DRP_GRU, DRP_RNN } drp_cell;
typedef enum { DRP_FORWARD, DRP_BACKWARD, DRP_BIDIRECTIONAL } drp_direction;
typedef enum { DRP_MERGE_NONE, DRP_CONCAT, DRP_SUM, DRP_MUL, DRP_AVE } drp_merge;
typedef enum { DRP_RETURN_STEPS, DRP_RETURN_LAST, DRP_RETURN_CELL } drp_returns;
typedef enum { DRP_SOFTMAX, DRP_SIGMOID_OUTPUT, DRP_LOGITS, DRP_PROBABILITIES } drp_output;
typedef enum { DRP_PADDING_NONE, DRP_PADDING_PRE, DRP_PADDING_POST } drp_padding;
typedef enum { DRP_F32, DRP_F16, DRP_WI8, DRP_WI4 } drp_scheme;

/* Weights of one direction of a recurrent layer. A kernel is int8 or float32, never both; biases are in panels. */
typedef struct {
    drp_kernel_i8 kernel_i8, recurrent_kernel_i8, candidate_kernel_i8;
    drp_kernel_f32 kernel_f32, recurrent_kernel_f32, candidate_kernel_f32;
    float *bias;           /* added to the input projection */
    float *recurrent_bias; /* added to the recurrent projection: zeros, but for a GRU with reset_after */
} drp_weights;

/* What op_recurrent.c prepares. */
typedef struct {
    drp_cell cell;
    drp_merge merge;
    drp_returns returns;
    uint32_t input_dim, units, output_dim, gates, panels;
    drp_activation activation, recurrent_activation;
    bool reset_after;
    bool backward[2]; /* for each direction that the layer runs: it reads from the end */
    uint32_t direction_count;
    bool input_i8;      /* inputs are multiplied as int8: rows of an embedding, or a value with a known bound */
    float input_factor; /* turns a float input into int8 by multiplication (not of rows) */
    bool recurrent_i8;  /* states are multiplied as int8: both activations are bounded by 1 */
    bool quick;         /* the whole step is drp_tier.lstm_step_i8 */
    drp_weights weights[2];
} drp_layer;

/* What op_embedding.c prepares. */
typedef struct {
    const uint8_t *rows, *scale_codes; /* as stored, in the file */
    float *scale_table;                /* (256) */
    uint32_t dim;
} drp_table;

enum { DRP_ONLY_SECTIONS = 4 }; /* kinds of which a file has exactly one section each */

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
    /* The recurrent layer whose input projections of embedding rows are cached; DRP_NO_VALUE: none. Its embedding has no
     * value of its own. */
    uint32_t folded;
    bool restores; /* somewhere masked padding is put back or left out: texts have at most max_tokens */
    uint32_t *slots; /* for each value the buffer of a session that holds it */
    uint32_t slot_count;
    void *taken;   /* the memory of weights: drp_free_taken frees it */
    void **blocks; /* and that of packed kernels */
    size_t block_count, block_room;
    char **labels;
    drp_text_rules text_rules;
    drp_vocabulary vocabulary;
    struct {
        const char *kind; /* GRPH, TEXT, LABL or VOCB */
        const uint8_t *bytes;
        size_t size_bytes;
    } only_sections[DRP_ONLY_SECTIONS];
    void *own_bytes; /* the file, where drupelet_model_read holds it */
};

/* What a node's value holds: the ids of a text, or rows of floats. */
static inline const drp_type *drp_value_type(const drupelet_model *model, uint32_t value) {
    static const drp_type ids = {DRP_IDS, DRP_NO_VALUE, 1};
    return value ? &model->nodes[value - 1].type : &ids;
}

#endif
