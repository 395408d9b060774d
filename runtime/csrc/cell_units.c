#include "cell_units.h"

#include "support.h"

#define LIMIT (32768.0 / DRP_ONE_OF_C)

/* Scales and biases beyond this would make infinite gates, and then NaN. */
#define LARGEST 1e25

enum { CANDIDATE = 2 /* the gate with tanh: g of an LSTM, h of a GRU */, STATE_ONE = 127 };

/* A column of products, and its gate of its unit. */
typedef struct {
    size_t in_products, in_gates, in_blocks; /* where it stands in products.starts, in panels of gates, and in cell->factors */
    int8_t *values;                          /* its first group; groups follow DRP_LANES * DRP_DOT bytes apart */
    double scale, limit;
    double most; /* no sum of products, and of a recurrent bias, is farther from zero */
    double unit; /* what 1 of its int16 gate is worth */
    int32_t shift;
} column;

static double magnitude(double x) { return x < 0 ? -x : x; }
static bool is_usual(double x) { return magnitude(x) <= LARGEST; /* false for a NaN */ }

/* A column whose products are less than half a unit, of which the least is limit / 2^15: they count as zero. */
static bool is_nothing(const column *c) { return c->most < c->limit / (1 << 16); }

/* A unit is so large that products and a limit fit into int16: where the input's part of a gate is cut off at the ends of int16,
 * the gate is beyond its limit whatever the products are. So nothing is lost but what clipping at the limit loses. */
DRP_RARE static void choose_unit(column *c) {
    double needed = (c->most + c->limit) / 32767;
    c->unit = is_nothing(c) ? needed : c->scale;
    for (c->shift = 0; c->unit < needed; c->unit *= 2) ++c->shift;
}

DRP_RARE static column find_column(const drp_cell_i16 *cell, uint32_t interleaved, uint32_t gate, uint32_t unit,
                                   const float *recurrent_bias) {
    const drp_kernel_i8 *k = &cell->products;
    uint32_t first, place = drp_place(interleaved, k->panels, unit), block = drp_block(interleaved, k->panels, unit, &first);
    size_t panel = (size_t)(place / DRP_LANES) * k->gates + gate;
    column c = {.in_products = panel * DRP_LANES + place % DRP_LANES,
                .in_gates = ((size_t)(unit / DRP_LANES) * k->gates + gate) * DRP_LANES + unit % DRP_LANES,
                .in_blocks = (size_t)first * k->gates + (size_t)gate * block + (unit - first),
                .values = k->values + (panel * k->groups * DRP_LANES + place % DRP_LANES) * DRP_DOT,
                .limit = gate == CANDIDATE ? LIMIT / 2 : LIMIT};
    c.scale = (double)k->scales[c.in_products];
    int64_t sum = 0;
    for (uint32_t group = 0; group < k->groups; ++group)
        for (int n = 0; n < DRP_DOT; ++n) {
            int weight = c.values[(size_t)group * DRP_LANES * DRP_DOT + n];
            sum += weight < 0 ? -weight : weight;
        }
    c.most = (double)(sum * STATE_ONE) * c.scale;
    if (recurrent_bias && gate == CANDIDATE) c.most += magnitude((double)recurrent_bias[c.in_gates]);
    choose_unit(&c);
    return c;
}

/* What a gate in its units is multiplied with to be Q15 of its limit. */
static double factor_of(const column *c) { return c->unit * (1 << 15) / c->limit; }

DRP_RARE static void take_column(drp_cell_i16 *cell, const column *c, uint32_t gate, uint32_t unit, float *bias,
                                 const float *recurrent_bias) {
    for (uint32_t group = 0; is_nothing(c) && group < cell->products.groups; ++group)
        for (int n = 0; n < DRP_DOT; ++n) c->values[(size_t)group * DRP_LANES * DRP_DOT + n] = 0;
    if (is_nothing(c)) cell->products.starts[c->in_products] = 0;
    cell->shifts[c->in_products] = c->shift;
    cell->per_unit[c->in_gates] = (float)(1 / c->unit);
    cell->factors[c->in_blocks] = (int16_t)(factor_of(c) / (1 << cell->doublings) * (1 << 15) + 0.5);
    double half = c->shift ? c->unit / 2 : 0; /* a shift to the right rounds down */
    double of_products = recurrent_bias ? (double)recurrent_bias[c->in_gates] : 0;
    if (recurrent_bias && gate == CANDIDATE) {
        double in_units = (of_products + half) / c->unit; /* it fits: c->most has it */
        cell->bias[unit] = (int16_t)(in_units < 0 ? in_units - 0.5 : in_units + 0.5);
    } else {
        bias[c->in_gates] += (float)(of_products + half);
    }
}

DRP_RARE bool drp_choose_units(drp_cell_i16 *cell, uint32_t units, uint32_t interleaved, float *bias,
                               const float *recurrent_bias) {
    cell->doublings = 0;
    for (uint32_t gate = 0; gate < cell->products.gates; ++gate)
        for (uint32_t unit = 0; unit < units; ++unit) {
            column c = find_column(cell, interleaved, gate, unit, NULL);
            double of_input = (double)bias[c.in_gates], of_products = recurrent_bias ? (double)recurrent_bias[c.in_gates] : 0;
            if (!is_usual(c.scale) || c.scale < 0 || !is_usual(of_input) || !is_usual(of_products)) return false;
            c = find_column(cell, interleaved, gate, unit, recurrent_bias);
            double factor = factor_of(&c);
            uint32_t doublings = 0;
            for (; factor > 32767.0 / (1 << 15); factor /= 2)
                if (++doublings > DRP_MAX_DOUBLINGS) return false;
            if (doublings > cell->doublings) cell->doublings = doublings;
        }
    for (uint32_t gate = 0; gate < cell->products.gates; ++gate)
        for (uint32_t unit = 0; unit < units; ++unit) {
            column c = find_column(cell, interleaved, gate, unit, recurrent_bias);
            take_column(cell, &c, gate, unit, bias, recurrent_bias);
        }
    return true;
}
