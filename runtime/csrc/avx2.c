/* x86-64 with AVX2: eight floats a vector. */
#include "kernel.h"

#ifdef DRP_X86_64
#include "target.h"
DRP_TARGET_BEGIN("avx2")
#include <immintrin.h>

#define V_NAME(function) avx2_##function
#define W_FLIP 0
#include "avx2_vector.h"

enum { GROUP_BYTES = DRP_LANES * DRP_DOT };

DRP_INLINE vint v_input_group(const uint8_t *input) {
    int32_t four;
    __builtin_memcpy(&four, input, sizeof four);
    return _mm256_set1_epi32(four);
}

/* maddubs multiplies unsigned by signed bytes and adds pairs into int16: |input| times the weight with the input's sign,
 * at most 2 * 128 * 127 = 32512, so nothing saturates. */
DRP_INLINE void v_add_groups(const int8_t *values, uint32_t groups, const int gates, const uint8_t *input, vint *sums) {
    const vint ones = _mm256_set1_epi16(1);
    for (int v = 0; v < 2 * gates; ++v) sums[v] = _mm256_setzero_si256();
    size_t gate_bytes = (size_t)groups * GROUP_BYTES;
    for (uint32_t group = 0; group < groups; ++group, values += GROUP_BYTES) {
        vint x = v_input_group(input + group * DRP_DOT), magnitude = _mm256_abs_epi8(x);
        for (int v = 0; v < 2 * gates; ++v) {
            const int8_t *weights = values + (size_t)(v / 2) * gate_bytes + (v & 1) * 32;
            vint w = _mm256_sign_epi8(_mm256_load_si256((const vint *)weights), x);
            vint pairs = _mm256_maddubs_epi16(magnitude, w);
            sums[v] = _mm256_add_epi32(sums[v], _mm256_madd_epi16(pairs, ones));
        }
    }
}

/* Small weights are multiplied with inputs plus 128: at most 2 * 255 * DRP_SMALL = 32130. */
DRP_INLINE void v_add_groups_of_small(const int8_t *values, uint32_t groups, const int gates, const uint8_t *input,
                                      const int32_t *starts, vint *sums) {
    const vint ones = _mm256_set1_epi16(1), plus_128 = _mm256_set1_epi8((char)0x80);
    for (int v = 0; v < 2 * gates; ++v) sums[v] = _mm256_load_si256((const vint *)(const void *)(starts + v * V_LANES));
    size_t gate_bytes = (size_t)groups * GROUP_BYTES;
    for (uint32_t group = 0; group < groups; ++group, values += GROUP_BYTES) {
        vint x = _mm256_xor_si256(v_input_group(input + group * DRP_DOT), plus_128);
        for (int v = 0; v < 2 * gates; ++v) {
            const int8_t *weights = values + (size_t)(v / 2) * gate_bytes + (v & 1) * 32;
            vint pairs = _mm256_maddubs_epi16(x, _mm256_load_si256((const vint *)weights));
            sums[v] = _mm256_add_epi32(sums[v], _mm256_madd_epi16(pairs, ones));
        }
    }
}

DRP_INLINE void v_dot_panel(const int8_t *values, uint32_t groups, const int gates, const uint8_t *input,
                            const int32_t *starts, bool small, vint *sums) {
    if (small)
        v_add_groups_of_small(values, groups, gates, input, starts, sums);
    else
        v_add_groups(values, groups, gates, input, sums);
}

#include "vector_math.h"

const drp_tier drp_avx2 = V_TABLE("avx2", 0);
DRP_TARGET_END
#else
typedef int drp_no_avx2; /* a translation unit holds something */
#endif
