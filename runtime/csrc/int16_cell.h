/* LSTM and GRU cells over vectors of int16, part of vector_math.h and written once. A file defines wvec, W_LANES, W(name) and
 * the W operations, then includes this. All of it is exact: no tier can give other bits.
 *
 * Numbers between -1 and 1 (gates, states) are int16 over 2^15, "Q15". A cell's c is int16 in units of LIMIT / 2^15: it is
 * clipped at +-LIMIT, as the arguments of its sigmoids are, and tanh at half of that (kernel.h): sigmoid(8.75) and
 * (1 + tanh(4.38)) / 2 are 1 - 1.6e-4.
 *
 * W_SHIFTS says that there is a saturating shift to the left, shifted(a, n), in place of n doublings.
 *
 * mulhrs(a, b) is (a b + 2^14) >> 15, the rounded product of Q15, as pmulhrsw and sqrdmulh compute it. No pair of operands is
 * -32768 and -32768, where they differ.
 */

/* 1 - sigmoid(LIMIT a) for a in [0, 1): g(a)^8 with the quartic g(a) = D - a - (y + B) (y - a + C), y = a (a + A), near Knuth's
 * form (The Art of Computer Programming 4.6.4): five multiplications, and no sum overflows. Sigmoid is within 2.9e-4; its average error is
 * -8e-6, because errors of one sign add up over the steps of a text. LIMIT is such that the coefficient of a^4 is -1. The
 * constants are those of the best fit, and then of a search over int16 (tests/runtime/native/test_int16_cell.py checks it). */
#define Q_A (-16162)
#define Q_B 10508
#define Q_C 1623
#define Q_D 30568

DRP_INLINE wvec W(q)(wvec a) {
    wvec y = W(mulhrs)(a, W(add)(a, W(set)(Q_A)));
    wvec u = W(add)(y, W(set)(Q_B)), v = W(add)(W(sub)(y, a), W(set)(Q_C));
    wvec g = W(sub)(W(sub)(W(set)(Q_D), a), W(mulhrs)(u, v));
    g = W(mulhrs)(g, g);
    g = W(mulhrs)(g, g);
    return W(mulhrs)(g, g);
}

/* A negative argument by its complement: sigmoid(~z) is ~sigmoid(z) in 15 bits. */
DRP_INLINE wvec W(sigmoid)(wvec z) {
    wvec sign = W(sign)(z);
    return W(flip_if_positive)(W(q)(W(xor)(z, sign)), sign); /* q ^ (0x7fff & ~sign) */
}

/* tanh(x) = 1 - 2 (1 - sigmoid(2 x)); z is Q15 of 2 x / LIMIT. */
DRP_INLINE wvec W(tanh)(wvec z) {
    wvec sign = W(sign)(z), q = W(q)(W(xor)(z, sign));
    return W(flip)(W(adds)(q, q), sign); /* 2 q ^ 0x7fff ^ sign */
}

/* Gates (count) before their functions, from what they are in their units. */
DRP_INLINE void W(scale)(wvec *gates, const int count, const int16_t *factors, size_t width, uint32_t doublings) {
    for (int g = 0; g < count; ++g) gates[g] = W(mulhrs)(gates[g], W(load)(factors + (size_t)g * width));
#ifdef W_SHIFTS
    for (int g = 0; g < count; ++g) gates[g] = W(shifted)(gates[g], doublings);
#else
    for (uint32_t n = 0; n < doublings; ++n)
        for (int g = 0; g < count; ++g) gates[g] = W(adds)(gates[g], gates[g]);
#endif
}

/* The units of a vector. `sums` and `shifts` begin with those of gate 0; x and factors are `width` int16 a gate. */
DRP_INLINE void W(lstm)(const drp_cell_i16 *cell, const vint *sums, const int32_t *shifts, const int16_t *factors,
                      const int16_t *x, size_t width, int16_t *c, uint8_t *h_stored, int16_t *h) {
    wvec z[4];
    for (int g = 0; g < 4; ++g)
        z[g] = W(adds)(W(narrow)(sums + g * V_PER_PANEL, shifts + g * DRP_LANES, 4), W(load)(x + (size_t)g * width));
    W(scale)(z, 4, factors, width, cell->doublings);
    wvec added = W(mulhrs)(W(mulhrs)(W(sigmoid)(z[0]), W(tanh)(z[2])), W(set)(DRP_ONE_OF_C));
    wvec state = W(adds)(W(mulhrs)(W(sigmoid)(z[1]), W(load)(c)), added);
    wvec output = W(mulhrs)(W(sigmoid)(z[3]), W(tanh)(W(adds)(state, state)));
    W(store)(c, state);
    W(store)(h, output);
    W(store_bytes)(h_stored, W(mulhrs)(output, W(set)(127)));
}

/* The same of a GRU, and `bias` of its gate h. The new state is z state + (1 - z) candidate. */
DRP_INLINE void W(gru)(const drp_cell_i16 *cell, const vint *sums, const int32_t *shifts, const int16_t *factors,
                     const int16_t *x, size_t width, const int16_t *bias, const int16_t *before, uint8_t *h_stored,
                     int16_t *h) {
    wvec z[3];
    for (int g = 0; g < 3; ++g) z[g] = W(narrow)(sums + g * V_PER_PANEL, shifts + g * DRP_LANES, 3);
    for (int g = 0; g < 2; ++g) z[g] = W(adds)(z[g], W(load)(x + (size_t)g * width));
    W(scale)(z, 2, factors, width, cell->doublings);
    wvec reset = W(mulhrs)(W(sigmoid)(z[1]), W(adds)(z[2], W(load)(bias)));
    z[2] = W(adds)(reset, W(load)(x + 2 * width));
    W(scale)(z + 2, 1, factors + 2 * width, width, cell->doublings);
    wvec share = W(sigmoid)(z[0]), rest = W(xor)(share, W(set)(0x7fff));
    wvec state = W(adds)(W(mulhrs)(share, W(load)(before)), W(mulhrs)(rest, W(tanh)(z[2])));
    W(store)(h, state);
    W(store_bytes)(h_stored, W(mulhrs)(state, W(set)(127)));
}

#undef Q_A
#undef Q_B
#undef Q_C
#undef Q_D
