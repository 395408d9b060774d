/* x86-64 with AVX-512 F, BW, VL and VBMI2, BMI1, BMI2 and POPCNT: 64 bytes a vector. */
#include "word_cutter.h"

#ifdef DRP_X86_64
#include "target.h"
DRP_TARGET_BEGIN("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt")
#include <immintrin.h>

#define B_CUT drp_cut_avx512

/* Writes 16 places, whatever their number, and then the next ones. */
static inline uint32_t *list_bits(uint32_t *list, uint64_t bits, uint32_t place) {
    const __m512i numbers = _mm512_setr_epi64(
        0x0706050403020100, 0x0F0E0D0C0B0A0908, 0x1716151413121110, 0x1F1E1D1C1B1A1918, 0x2726252423222120,
        0x2F2E2D2C2B2A2928, 0x3736353433323130, 0x3F3E3D3C3B3A3938);
    const __m512i found = _mm512_maskz_compress_epi8(bits, numbers), first = _mm512_set1_epi32((int)place);
    uint32_t *const end = list + _mm_popcnt_u64(bits);
    _mm512_storeu_si512(list, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(found)), first));
    if (end - list > 16)
        _mm512_storeu_si512(list + 16, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(found, 1)), first));
    return end;
}

static inline uint64_t is_in(const uint8_t *set, __m512i low, __m512i bit) {
    const __m512i table = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)set));
    return _mm512_test_epi8_mask(_mm512_shuffle_epi8(table, low), bit);
}

static inline void block_masks(const drp_byte_classes *classes, const uint8_t *in, uint8_t *out, uint64_t *dropped,
                               uint64_t *cuts, uint64_t *special) {
    const __m512i nibble = _mm512_set1_epi8(15), v = _mm512_loadu_si512(in);
    const __m512i bits = _mm512_broadcast_i32x4(_mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m512i low = _mm512_and_si512(v, nibble);
    const __m512i bit = _mm512_shuffle_epi8(bits, _mm512_and_si512(_mm512_srli_epi16(v, 4), nibble));
    *dropped = is_in(classes->dropped, low, bit);
    *cuts = is_in(classes->cuts, low, bit);
    *special = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8((char)classes->special));
    if (classes->wide_is_special) *special |= _mm512_movepi8_mask(v);
    const uint64_t upper = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8('A')), _mm512_set1_epi8(26));
    const uint64_t lowered = classes->lowers ? upper : 0;
    _mm512_storeu_si512(out, _mm512_mask_add_epi8(v, lowered, v, _mm512_set1_epi8(32)));
}

#define BLOCK_DROP
static inline size_t drop_bytes(uint8_t *out, uint64_t dropped, size_t count, uint64_t *cuts) {
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(~dropped, _mm512_loadu_si512(out)));
    *cuts = _pext_u64(*cuts, ~dropped);
    return count - (size_t)_mm_popcnt_u64(dropped);
}

#include "cut_blocks.h"
DRP_TARGET_END
#else
typedef int drp_no_cut_avx512; /* a translation unit holds something */
#endif
