/* 64-bit Arm: 16 bytes a vector. */
#include "word_cutter.h"

#ifdef DRP_AARCH64
#include <arm_neon.h>

#define B_CUT drp_cut_neon

static inline uint32_t *list_bits(uint32_t *list, uint64_t bits, uint32_t place) {
    for (; bits; bits &= bits - 1) *list++ = place + (uint32_t)__builtin_ctzll(bits);
    return list;
}

/* One bit of each of 64 bytes that are 0 or 255. */
static inline uint64_t bits_of(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d) {
    const uint8x16_t places = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201u));
    uint8x16_t first = vpaddq_u8(vandq_u8(a, places), vandq_u8(b, places));
    uint8x16_t second = vpaddq_u8(vandq_u8(c, places), vandq_u8(d, places));
    first = vpaddq_u8(first, second);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(first, first)), 0);
}

static inline void block_masks(const drp_byte_classes *classes, const uint8_t *in, uint8_t *out, uint64_t *dropped,
                               uint64_t *cuts, uint64_t *special) {
    const uint8x16_t bits = vcombine_u8(vcreate_u8(0x8040201008040201u), vcreate_u8(0));
    const uint8x16_t drops = vld1q_u8(classes->dropped), splits = vld1q_u8(classes->cuts);
    const uint8x16_t wide = vdupq_n_u8(classes->wide_is_special ? 0x80 : 0), one = vdupq_n_u8(classes->special);
    uint8x16_t d[4], c[4], s[4];
    for (int k = 0; k < 4; ++k) {
        const uint8x16_t v = vld1q_u8(in + 16 * k), low = vandq_u8(v, vdupq_n_u8(15)), bit = vqtbl1q_u8(bits, vshrq_n_u8(v, 4));
        d[k] = vtstq_u8(vqtbl1q_u8(drops, low), bit);
        c[k] = vtstq_u8(vqtbl1q_u8(splits, low), bit);
        s[k] = vorrq_u8(vtstq_u8(v, wide), vceqq_u8(v, one));
        const uint8x16_t upper = vcltq_u8(vsubq_u8(v, vdupq_n_u8('A')), vdupq_n_u8(26));
        vst1q_u8(out + 16 * k, vaddq_u8(v, vandq_u8(upper, vdupq_n_u8(classes->lowers ? 32 : 0))));
    }
    *dropped = bits_of(d[0], d[1], d[2], d[3]);
    *cuts = bits_of(c[0], c[1], c[2], c[3]);
    *special = bits_of(s[0], s[1], s[2], s[3]);
}

#include "cut_blocks.h"
#else
typedef int drp_no_cut_neon; /* a translation unit holds something */
#endif
