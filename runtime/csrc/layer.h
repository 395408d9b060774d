/* What embeddings and recurrent layers prepare of their weights. embedding_rows.c and run_recurrent.c
 * run them, with the caches of a session. */
#ifndef DRP_LAYER_H
#define DRP_LAYER_H

#include "activations.h"
#include "kernel.h"

/* Codes of a file: indices into the tuples of drupelet/operations/recurrent.py. */
typedef enum { DRP_LSTM, DRP_GRU, DRP_RNN } drp_cell;
typedef enum { DRP_FORWARD, DRP_BACKWARD, DRP_BIDIRECTIONAL } drp_direction;
typedef enum { DRP_MERGE_NONE, DRP_CONCAT, DRP_SUM, DRP_MUL, DRP_AVE } drp_merge;
typedef enum { DRP_RETURN_STEPS, DRP_RETURN_LAST, DRP_RETURN_CELL } drp_returns;

/* Weights of one direction of a recurrent layer. A kernel is int8 or float32, never both; biases are in panels. */
typedef struct {
    drp_kernel_i8 kernel_i8, recurrent_kernel_i8, candidate_kernel_i8;
    drp_kernel_f32 kernel_f32, recurrent_kernel_f32, candidate_kernel_f32;
    float *bias;           /* added to the input projection */
    float *recurrent_bias; /* added to the recurrent projection: zeros, but for a GRU with reset_after */
    drp_cell_i16 cell_i16; /* of a layer that is computed in int16, in place of recurrent_kernel_i8 */
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
    drp_step_i16 step_i16; /* the whole step in int16; NULL: it is computed in floats */
    drp_weights weights[2];
} drp_layer;

/* What op_embedding.c prepares. */
typedef struct {
    const uint8_t *rows, *scale_codes; /* as stored, in the file */
    float *scale_table;                /* (256) */
    uint32_t dim;
} drp_table;

#endif
