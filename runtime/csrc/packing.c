#include "packing.h"

#include <string.h>

#include "support.h"

/* Indices of a unit's gate: in a row of the file, and in panels. */
static size_t in_file(const drp_columns *columns, uint32_t gate, uint32_t unit) {
    return (size_t)(columns->first_gate + gate) * columns->units + unit;
}

static size_t in_panels(const drp_columns *columns, uint32_t gate, uint32_t unit) {
    return ((size_t)(unit / DRP_LANES) * columns->gates + gate) * DRP_LANES + unit % DRP_LANES;
}

static drupelet_status no_memory(const drp_columns *columns, drupelet_error *error) {
    return drp_fail(error, DRUPELET_NO_MEMORY, "no memory for tensor '%s'; free some, or use a smaller model",
                    columns->values->name);
}

/* Whether all weights of the columns are within DRP_SMALL. */
static bool are_small(const drp_columns *columns) {
    const size_t row = (size_t)columns->all_gates * columns->units, width = (size_t)columns->gates * columns->units;
    const uint8_t *values = columns->values->bytes + in_file(columns, 0, 0);
    uint8_t beyond = 0;
    for (uint32_t k = 0; k < columns->values->shape[0] && !beyond; ++k, values += row)
        for (size_t n = 0; n < width; ++n) beyond |= (uint8_t)(values[n] + DRP_SMALL) > 2 * DRP_SMALL;
    return !beyond;
}

drupelet_status drp_pack_i8(const drp_columns *columns, float input_scale, drp_kernel_i8 *kernel,
                            drupelet_error *error) {
    uint32_t input_dim = columns->values->shape[0], groups = (input_dim + DRP_DOT - 1) / DRP_DOT;
    uint32_t panels = drp_panels(columns->units);
    size_t row = (size_t)columns->all_gates * columns->units, width = (size_t)panels * columns->gates * DRP_LANES;
    *kernel = (drp_kernel_i8){.input_dim = input_dim, .groups = groups, .gates = columns->gates, .panels = panels, .small = are_small(columns)};
    kernel->values = drp_allocate(width, (size_t)groups * DRP_DOT);
    kernel->starts = drp_allocate(width, sizeof *kernel->starts);
    kernel->scales = drp_allocate(width, sizeof *kernel->scales);
    if (!kernel->values || !kernel->starts || !kernel->scales) return no_memory(columns, error);
    const int8_t *values = (const int8_t *)columns->values->bytes;
    for (uint32_t gate = 0; gate < columns->gates; ++gate)
        for (uint32_t unit = 0; unit < columns->units; ++unit) {
            size_t source = in_file(columns, gate, unit), target = in_panels(columns, gate, drp_place(columns->interleaved, panels, unit));
            size_t block = target / DRP_LANES * groups, lane = target % DRP_LANES;
            int32_t sum = 0;
            for (uint32_t k = 0; k < input_dim; ++k) {
                int8_t value = values[k * row + source];
                if (value == -128) value = -127; /* was checked; but a mapped file may change while it is read */
                kernel->values[((block + k / DRP_DOT) * DRP_LANES + lane) * DRP_DOT + k % DRP_DOT] = value;
                sum += value;
            }
            kernel->starts[target] = -128 * sum;
            kernel->scales[target] = drp_f32(columns->scales + 4 * source) * input_scale;
        }
    return DRUPELET_OK;
}

/* The groups of a panel that are not all zero, as a range. */
DRP_RARE static drp_range range_of(const drp_kernel_i8 *k, uint32_t panel) {
    const size_t group_bytes = DRP_LANES * DRP_DOT;
    const int8_t *values = k->values + (size_t)panel * k->gates * k->groups * group_bytes;
    uint32_t first = k->groups, end = 0;
    for (uint32_t n = 0; n < k->gates * k->groups; ++n) {
        uint64_t found = 0, eight;
        for (size_t b = 0; b < group_bytes && !found; b += sizeof eight) {
            memcpy(&eight, values + n * group_bytes + b, sizeof eight);
            found = eight;
        }
        uint32_t group = n % k->groups;
        if (found && group < first) first = group;
        if (found && group >= end) end = group + 1;
    }
    return (drp_range){first < end ? first : 0, first < end ? end - first : 0, 0};
}

DRP_RARE void drp_leave_out_zeros(drp_kernel_i8 *k, drp_range *ranges, uint32_t interleaved) {
    const size_t group_bytes = DRP_LANES * DRP_DOT;
    size_t to = 0;
    for (uint32_t p = 0; p < k->panels; ++p) ranges[p] = range_of(k, p);
    for (uint32_t p = 0; interleaved == DRP_LANES && p + 2 <= k->panels; p += 2) {
        drp_range *a = &ranges[p], *b = a + 1;
        uint32_t end_a = a->first + a->groups, end_b = b->first + b->groups;
        uint32_t first = !a->groups ? b->first : !b->groups || a->first < b->first ? a->first : b->first;
        *a = *b = (drp_range){first, (end_a > end_b ? end_a : end_b) - first, 0};
    }
    for (uint32_t p = 0; p < k->panels; ++p) {
        drp_range *range = &ranges[p];
        range->at = to;
        for (uint32_t gate = 0; gate < k->gates; ++gate, to += range->groups * group_bytes)
            memmove(k->values + to, k->values + (((size_t)p * k->gates + gate) * k->groups + range->first) * group_bytes,
                    range->groups * group_bytes);
    }
    k->ranges = ranges;
}

drupelet_status drp_pack_f32(const drp_columns *columns, drp_kernel_f32 *kernel, drupelet_error *error) {
    uint32_t input_dim = columns->values->shape[0], panels = drp_panels(columns->units);
    size_t row = (size_t)columns->all_gates * columns->units, width = (size_t)panels * columns->gates * DRP_LANES;
    *kernel = (drp_kernel_f32){.input_dim = input_dim, .gates = columns->gates, .panels = panels};
    kernel->values = drp_allocate(width, (size_t)input_dim * sizeof *kernel->values);
    if (!kernel->values) return no_memory(columns, error);
    const uint8_t *bytes = columns->values->bytes;
    for (uint32_t k = 0; k < input_dim; ++k)
        for (uint32_t gate = 0; gate < columns->gates; ++gate)
            for (uint32_t unit = 0; unit < columns->units; ++unit) {
                size_t column = in_file(columns, gate, unit), source = k * row + column;
                float value = columns->values->dtype == DRP_FLOAT32   ? drp_f32(bytes + 4 * source)
                              : columns->values->dtype == DRP_FLOAT16 ? drp_f16(bytes + 2 * source)
                                                                      : (float)(int8_t)bytes[source] *
                                                                            drp_f32(columns->scales + 4 * column);
                size_t at = in_panels(columns, gate, unit), block = at / DRP_BLOCK * DRP_BLOCK;
                kernel->values[block * input_dim + k * drp_block_columns(width, block) + at - block] = value;
            }
    return DRUPELET_OK;
}

float *drp_pack_bias(const drp_columns *columns, uint32_t row) {
    size_t length = (size_t)columns->all_gates * columns->units;
    float *bias = drp_allocate((size_t)drp_panels(columns->units) * columns->gates * DRP_LANES, sizeof *bias);
    if (!bias) return NULL;
    for (uint32_t gate = 0; gate < columns->gates; ++gate)
        for (uint32_t unit = 0; unit < columns->units; ++unit)
            bias[in_panels(columns, gate, unit)] =
                drp_f32(columns->values->bytes + 4 * (row * length + in_file(columns, gate, unit)));
    return bias;
}
