/* An open model: the content of a .drupelet file, checked, and laid out for a tier. docs/format.md specifies the file;
 * names of tensors and codes are those of drupelet/architecture.py and drupelet/model_file.py. */
#ifndef DRP_MODEL_H
#define DRP_MODEL_H

#include <stdbool.h>

#include "activations.h"
#include "drupelet.h"
#include "kernel.h"
#include "text_rules.h"
#include "vocabulary.h"

/* Codes of a file: indices into the tuples of drupelet/architecture.py. */
typedef enum { DRP_LSTM, DRP_GRU } drp_cell;
typedef enum { DRP_FORWARD, DRP_BACKWARD, DRP_BIDIRECTIONAL } drp_direction;
typedef enum { DRP_MERGE_NONE, DRP_CONCAT, DRP_SUM, DRP_MUL, DRP_AVE } drp_merge;
typedef enum { DRP_LAST, DRP_MAX, DRP_AVERAGE } drp_pooling;
typedef enum { DRP_SOFTMAX, DRP_SIGMOID_OUTPUT, DRP_LOGITS } drp_output;
typedef enum { DRP_PADDING_NONE, DRP_PADDING_PRE, DRP_PADDING_POST } drp_padding;
typedef enum { DRP_F32, DRP_F16, DRP_WI8, DRP_WI4 } drp_scheme;

/* Weights of one direction of a recurrent layer. A kernel is int8 or float32, never both; biases are in panels. */
typedef struct {
    drp_kernel_i8 kernel_i8, recurrent_kernel_i8, candidate_kernel_i8;
    drp_kernel_f32 kernel_f32, recurrent_kernel_f32, candidate_kernel_f32;
    float *bias;           /* added to the input projection */
    float *recurrent_bias; /* added to the recurrent projection: zeros, but for a GRU with reset_after */
} drp_weights;

typedef struct {
    drp_cell cell;
    drp_merge merge;
    uint32_t input_dim, units, output_dim, gates, panels;
    drp_activation activation, recurrent_activation;
    bool reset_after;
    bool backward[2]; /* for each direction that the layer runs: it reads from the end */
    uint32_t direction_count;
    bool input_i8;      /* inputs are multiplied as int8: the embedding's rows, or bounded outputs of the layer before */
    float input_factor; /* turns a float input into int8 by multiplication (layers after the first) */
    bool recurrent_i8;  /* states are multiplied as int8: both activations are bounded by 1 */
    bool quick;         /* the whole step is drp_tier.lstm_step_i8 */
    drp_weights weights[2];
} drp_layer;

typedef struct {
    uint32_t input_dim, units, padded_units;
    drp_activation activation;
    drp_kernel_f32 kernel;
    float *bias;
} drp_dense;

enum { DRP_ONLY_SECTIONS = 4 }; /* kinds of which a file has exactly one section each */

struct drupelet_model {
    const drp_tier *tier;
    drp_scheme scheme;
    uint32_t vocabulary_rows, embedding_dim, max_tokens, pool_zero_below; /* the last two may be DRP_NO_VALUE */
    drp_pooling pooling;
    drp_output output;
    drp_padding padding;
    const uint8_t *embedding, *scale_codes; /* as stored, in the file */
    float *scale_table;                     /* (256) */
    uint32_t layer_count, dense_count, label_count;
    drp_layer *layers;
    drp_dense *dense;
    char **labels;
    drp_text_rules text_rules;
    drp_vocabulary vocabulary;
    struct {
        const char *kind; /* ARCH, TEXT, LABL or VOCB */
        const uint8_t *bytes;
        size_t size_bytes;
    } only_sections[DRP_ONLY_SECTIONS];
    void *own_bytes; /* the file, where drupelet_model_read holds it */
};

#endif
