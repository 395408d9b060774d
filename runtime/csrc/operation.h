/* An operation of a network: its attributes, types, weights and arithmetic. drupelet/operations says what each one does. */
#ifndef DRP_OPERATION_H
#define DRP_OPERATION_H

#include "drupelet.h"
#include "kernel.h"
#include "support.h"

enum { DRP_MAX_LENGTH = 1 << 20, DRP_MAX_WIDTH = 1 << 22, DRP_MAX_INPUTS = 64 /* of one node */ };

typedef enum { DRP_IDS, DRP_STEPS, DRP_VECTOR } drp_kind;
typedef struct {
    drp_kind kind;
    uint32_t length, width; /* length DRP_NO_VALUE: as many as tokens; a vector's is 1 */
} drp_type;

/* A value: rows of `stride` floats, of which the first `width` count. */
typedef struct {
    float *values;
    size_t steps, stride;
    uint32_t width;
} drp_rows;

static inline size_t drp_padded(size_t count) { return (count + DRP_LANES - 1) / DRP_LANES * DRP_LANES; }
static inline float *drp_row(const drp_rows *rows, size_t step) { return rows->values + step * rows->stride; }

typedef struct drp_operation drp_operation;
typedef struct drp_tensors drp_tensors;

typedef struct {
    const drp_operation *operation;
    const uint32_t *attributes;
    const drp_type *inputs;
    uint32_t input_count;
    drp_type type; /* of the value that it defines */
    void *weights;
    const uint32_t *reads; /* the numbers of the values that it reads: value 0 is the ids, node n defines value n + 1 */
    uint32_t owner;        /* the node whose tensors it uses: itself, or an earlier one */
    uint32_t tensor_count; /* how many sections hold them */
    bool next_alone_reads; /* its value is read by the next node, once, and by no other */
    bool reads_rows;       /* a recurrent layer that reads rows of an embedding by their ids */
    float input_bound;     /* of the first value that it reads */
    float bound;           /* no number of its value is larger, or smaller than its negative; 0: not known */
} drp_node;

struct drp_operation {
    const char *name;
    uint32_t attribute_count;
    bool in_place; /* its value may lie where its first input does */
    const char *(*infer)(const drp_node *node, drp_type *output); /* what is wrong, or NULL */
    float (*bound)(const drp_node *node, float inputs); /* of its value, from that of all inputs; NULL: not known */
    uint64_t (*work)(const drp_node *node, uint64_t tokens); /* as Operation.work of drupelet/operations; NULL: 0 */
    uint64_t (*laid_out)(const drp_node *node); /* numbers of its tensors, as Operation.laid_out; NULL: 0 */
    bool (*prepare)(drp_node *node, drp_tensors *tensors);        /* NULL: no weights */
    size_t (*scratch_floats)(const drp_node *node, size_t tokens); /* NULL: none */
    void (*run)(const drp_node *node, const drp_tier *tier, const drp_rows *inputs, const drp_rows *output, float *scratch);
};

/* Each in op_NAME.c; graph_section.c joins them in a table. A recurrent layer and an embedding have no `run`:
 * run_recurrent.c and embedding_rows.c run them, with the caches of a session. */
extern const drp_operation drp_op_embedding, drp_op_recurrent, drp_op_dense, drp_op_reduce, drp_op_merge, drp_op_restore,
    drp_op_strip, drp_op_activation, drp_op_prelu, drp_op_softmax, drp_op_convolution, drp_op_window_pool,
    drp_op_scale_shift, drp_op_normalization, drp_op_attention, drp_op_dot, drp_op_reshape, drp_op_transpose, drp_op_repeat,
    drp_op_window, drp_op_reverse;

#endif
