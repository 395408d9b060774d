/* x86-64 with AVX2, BMI1 and POPCNT: 32 bytes a vector. */
#include "word_cutter.h"

#ifdef DRP_X86_64
#include "target.h"
DRP_TARGET_BEGIN("avx2,bmi,popcnt")
#include <immintrin.h>

#define B_CUT drp_cut_avx2

/* Writes 16 places, whatever their number, and the others one by one: a block rarely has more words. */
static inline uint32_t *list_bits(uint32_t *list, uint64_t bits, uint32_t place) {
    uint32_t *const end = list + _mm_popcnt_u64(bits);
    for (int k = 0; k < 16; ++k, bits = _blsr_u64(bits)) list[k] = place + (uint32_t)_tzcnt_u64(bits);
    for (list += 16; list < end; bits = _blsr_u64(bits)) *list++ = place + (uint32_t)_tzcnt_u64(bits);
    return end;
}

static inline __m256i both_halves(const uint8_t *sixteen) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)sixteen));
}

/* Whether each of 32 bytes is in a set: its bit of the byte that its low half chooses. */
static inline uint32_t is_in(const uint8_t *set, __m256i low, __m256i bit) {
    __m256i found = _mm256_and_si256(_mm256_shuffle_epi8(both_halves(set), low), bit);
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
}

static inline void half_masks(const drp_byte_classes *classes, const uint8_t *in, uint8_t *out, uint32_t *dropped,
                              uint32_t *cuts, uint32_t *special) {
    const __m256i nibble = _mm256_set1_epi8(15), v = _mm256_loadu_si256((const __m256i *)in);
    const __m256i bits = _mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, -128, 0,
                                          0, 0, 0, 0, 0, 0, 0);
    const __m256i low = _mm256_and_si256(v, nibble);
    const __m256i bit = _mm256_shuffle_epi8(bits, _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble));
    *dropped = is_in(classes->dropped, low, bit);
    *cuts = is_in(classes->cuts, low, bit);
    *special = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8((char)classes->special)));
    if (classes->wide_is_special) *special |= (uint32_t)_mm256_movemask_epi8(v);
    const __m256i upper = _mm256_and_si256(_mm256_cmpgt_epi8(v, _mm256_set1_epi8('A' - 1)),
                                           _mm256_cmpgt_epi8(_mm256_set1_epi8('Z' + 1), v));
    const __m256i added = _mm256_and_si256(upper, _mm256_set1_epi8(classes->lowers ? 32 : 0));
    _mm256_storeu_si256((__m256i *)out, _mm256_add_epi8(v, added));
}

static inline void block_masks(const drp_byte_classes *classes, const uint8_t *in, uint8_t *out, uint64_t *dropped,
                               uint64_t *cuts, uint64_t *special) {
    uint32_t d[2], c[2], s[2];
    half_masks(classes, in, out, &d[0], &c[0], &s[0]);
    half_masks(classes, in + 32, out + 32, &d[1], &c[1], &s[1]);
    *dropped = d[0] | (uint64_t)d[1] << 32;
    *cuts = c[0] | (uint64_t)c[1] << 32;
    *special = s[0] | (uint64_t)s[1] << 32;
}

#include "cut_blocks.h"
DRP_TARGET_END
#else
typedef int drp_no_cut_avx2; /* a translation unit holds something */
#endif
