/* x86-64 with AVX2 and AVX-VNNI (processors without AVX-512 since 2021): eight floats a vector, four int8 products a lane. */
#include "kernel.h"

#ifdef DRP_AVXVNNI
#include "target.h"
DRP_TARGET_BEGIN("avx2,avxvnni")
#include <immintrin.h>

#define V_NAME(function) avxvnni_##function
#define W_FLIP 0x80
#include "avx2_vector.h"
#define V_FLOATS drp_avx2

/* As _mm256_dpbusd_avx_epi32, which GCC 12 surrounds with copies of its accumulator. */
static inline vint v_dot(vint sum, vint unsigned_bytes, const int8_t *weights) {
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(unsigned_bytes), "m"(*(const vint *)(const void *)weights));
    return sum;
}

/* dpbusd wants one factor unsigned: inputs are stored plus 128 (flip), which adds 128 times the sum of a column. */
DRP_INLINE void v_dot_panel(const int8_t *values, uint32_t groups, const int gates, const uint8_t *input,
                            const int32_t *starts, bool small, vint *sums) {
    (void)small;
    const size_t gate_bytes = (size_t)groups * DRP_LANES * DRP_DOT;
    for (int v = 0; v < 2 * gates; ++v) sums[v] = _mm256_load_si256((const vint *)(const void *)(starts + v * V_LANES));
    for (uint32_t group = 0; group < groups; ++group, values += DRP_LANES * DRP_DOT) {
        int32_t four;
        __builtin_memcpy(&four, input + group * DRP_DOT, sizeof four);
        vint x = _mm256_set1_epi32(four);
        for (int v = 0; v < 2 * gates; ++v) sums[v] = v_dot(sums[v], x, values + (size_t)(v / 2) * gate_bytes + (v & 1) * 32);
    }
}

#include "vector_math.h"

const drp_tier drp_avxvnni = V_TABLE("avxvnni", 0x80);
DRP_TARGET_END
#else
typedef int drp_no_avxvnni; /* a translation unit holds something */
#endif
