#include "sha256.h"

#include <string.h>

#include "kernel.h" /* DRP_X86_64, DRP_AARCH64 */
#include "processor.h"
#include "support.h"
#include "target.h"

enum { BLOCK_BYTES = 64, ROUNDS = 64 };

static const uint32_t CONSTANTS[ROUNDS] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* Unrolled, the state lies in registers. */
#if defined(__clang__)
#define UNROLL DRP_PRAGMA(clang loop unroll(full))
#else
#define UNROLL DRP_PRAGMA(GCC unroll 16)
#endif

static inline uint32_t rotated(uint32_t x, int bits) { return x >> bits | x << (32 - bits); }

static void run_portable(uint32_t *state, const uint8_t *bytes, size_t size_bytes) {
    for (; size_bytes > 0; bytes += BLOCK_BYTES, size_bytes -= BLOCK_BYTES) {
        uint32_t w[16], s[8];
        memcpy(s, state, sizeof s);
        for (int t = 0; t < ROUNDS; t += 8) {
            UNROLL
            for (int k = 0; k < 8; ++k) { /* eight rounds: then each word of s is back in its place */
                uint32_t *word = &w[(t + k) & 15];
                if (t < 16) {
                    const uint8_t *p = bytes + 4 * (t + k);
                    *word = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
                } else {
                    uint32_t two = w[(t + k - 2) & 15], fifteen = w[(t + k - 15) & 15];
                    *word += w[(t + k - 7) & 15] + (rotated(two, 17) ^ rotated(two, 19) ^ two >> 10) +
                             (rotated(fifteen, 7) ^ rotated(fifteen, 18) ^ fifteen >> 3);
                }
                uint32_t a = s[-k & 7], b = s[(1 - k) & 7], c = s[(2 - k) & 7], e = s[(4 - k) & 7], f = s[(5 - k) & 7],
                         g = s[(6 - k) & 7];
                uint32_t one = s[(7 - k) & 7] + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + (g ^ (e & (f ^ g))) +
                               CONSTANTS[t + k] + *word;
                s[(3 - k) & 7] += one;
                s[(7 - k) & 7] = one + (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) | (c & (a | b)));
            }
        }
        for (int k = 0; k < 8; ++k) state[k] += s[k];
    }
}

#if defined(DRP_X86_64)
DRP_TARGET_BEGIN("sha,sse4.1,ssse3")
#include <immintrin.h>

/* The instructions keep the state as words a b e f and c d g h, highest first. */
static void run_sha(uint32_t *state, const uint8_t *bytes, size_t size_bytes) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i *const saved = (__m128i *)(void *)state;
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(saved), 0xB1), efgh = _mm_shuffle_epi32(_mm_loadu_si128(saved + 1), 0x1B);
    __m128i abef = _mm_alignr_epi8(badc, efgh, 8), cdgh = _mm_blend_epi16(efgh, badc, 0xF0);
    for (; size_bytes > 0; bytes += BLOCK_BYTES, size_bytes -= BLOCK_BYTES) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i w[4];
        for (int k = 0; k < 4; ++k)
            w[k] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * k)), big_endian);
        UNROLL
        for (int t = 0; t < ROUNDS / 4; ++t) {
            __m128i added = _mm_add_epi32(w[t & 3], _mm_load_si128((const __m128i *)(const void *)(CONSTANTS + 4 * t)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, added);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(added, 0x0E));
            if (t >= ROUNDS / 4 - 4) continue; /* no more words are needed */
            __m128i next = _mm_sha256msg1_epu32(w[t & 3], w[(t + 1) & 3]);
            next = _mm_add_epi32(next, _mm_alignr_epi8(w[(t + 3) & 3], w[(t + 2) & 3], 4));
            w[t & 3] = _mm_sha256msg2_epu32(next, w[(t + 3) & 3]);
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    __m128i feba = _mm_shuffle_epi32(abef, 0x1B), dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128(saved, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128(saved + 1, _mm_alignr_epi8(dchg, feba, 8));
}
DRP_TARGET_END
#elif defined(DRP_AARCH64)
DRP_TARGET_BEGIN("arch=armv8-a+crypto")
#include <arm_neon.h>

static void run_sha(uint32_t *state, const uint8_t *bytes, size_t size_bytes) {
    uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
    for (; size_bytes > 0; bytes += BLOCK_BYTES, size_bytes -= BLOCK_BYTES) {
        const uint32x4_t abcd_before = abcd, efgh_before = efgh;
        uint32x4_t w[4];
        for (int k = 0; k < 4; ++k) w[k] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(bytes + 16 * k)));
        for (int t = 0; t < ROUNDS / 4; ++t) {
            uint32x4_t added = vaddq_u32(w[t & 3], vld1q_u32(CONSTANTS + 4 * t)), abcd_then = abcd;
            abcd = vsha256hq_u32(abcd, efgh, added);
            efgh = vsha256h2q_u32(efgh, abcd_then, added);
            w[t & 3] = vsha256su1q_u32(vsha256su0q_u32(w[t & 3], w[(t + 1) & 3]), w[(t + 2) & 3], w[(t + 3) & 3]);
        }
        abcd = vaddq_u32(abcd, abcd_before);
        efgh = vaddq_u32(efgh, efgh_before);
    }
    vst1q_u32(state, abcd);
    vst1q_u32(state + 4, efgh);
}
DRP_TARGET_END
#endif

static const drp_checksum_unit UNITS[] = {
    {"portable", drp_lacks_nothing, run_portable},
#if defined(DRP_X86_64)
    {"sha", drp_lacks_sha_instructions, run_sha},
#elif defined(DRP_AARCH64)
    {"armv8", drp_lacks_sha_instructions, run_sha},
#endif
    {NULL, NULL, NULL},
};

const drp_checksum_unit *drp_sha256_units(void) { return UNITS; }

void drp_sha256_by(const drp_checksum_unit *unit, const uint8_t *bytes, size_t size_bytes, uint8_t digest[DRP_SHA256_BYTES]) {
    uint32_t state[] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    size_t rest = size_bytes % BLOCK_BYTES, whole = size_bytes - rest;
    unit->run(state, bytes, whole);
    /* The last bytes, a bit that is 1, zeros, and the number of bits in the last eight bytes of a block. */
    uint8_t last[2 * BLOCK_BYTES] = {0};
    size_t last_bytes = rest < BLOCK_BYTES - 8 ? BLOCK_BYTES : 2 * BLOCK_BYTES;
    if (rest) memcpy(last, bytes + whole, rest);
    last[rest] = 0x80;
    for (int k = 0; k < 8; ++k) last[last_bytes - 1 - (size_t)k] = (uint8_t)((uint64_t)size_bytes * 8 >> 8 * k);
    unit->run(state, last, last_bytes);
    for (int k = 0; k < DRP_SHA256_BYTES; ++k) digest[k] = (uint8_t)(state[k / 4] >> (24 - 8 * (k % 4)));
}
