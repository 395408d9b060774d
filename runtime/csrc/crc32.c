#include "crc32.h"

#include "kernel.h" /* DRP_X86_64, DRP_AARCH64 */
#include "processor.h"
#include "support.h"
#include "target.h"

/* The remainders of a hexadecimal digit under the polynomial 0xEDB88320: bits in reverse order, as everywhere here. */
static const uint32_t OF_DIGIT[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
                                      0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                      0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};

static uint32_t by_digits(uint32_t crc, const uint8_t *bytes, size_t size_bytes) {
    for (; size_bytes > 0; ++bytes, --size_bytes) {
        crc ^= *bytes;
        crc = crc >> 4 ^ OF_DIGIT[crc & 15];
        crc = crc >> 4 ^ OF_DIGIT[crc & 15];
    }
    return crc;
}

/* Eight bytes at a time, with 8 KB of tables. Every call computes them again, in 2 microseconds, so few bytes do without. */
static void run_portable(uint32_t *state, const uint8_t *bytes, size_t size_bytes) {
    enum { FEW_BYTES = 1024 };
    uint32_t crc = *state;
    if (size_bytes >= FEW_BYTES) {
        uint32_t table[8][256];
        for (uint32_t n = 0; n < 256; ++n) {
            const uint8_t byte = (uint8_t)n;
            table[0][n] = by_digits(0, &byte, 1);
        }
        for (uint32_t n = 0; n < 256; ++n)
            for (int t = 1; t < 8; ++t) table[t][n] = table[t - 1][n] >> 8 ^ table[0][table[t - 1][n] & 255];
        for (; size_bytes >= 8; bytes += 8, size_bytes -= 8) {
            uint32_t low = crc ^ drp_u32(bytes), high = drp_u32(bytes + 4);
            crc = table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^ table[4][low >> 24] ^
                  table[3][high & 255] ^ table[2][high >> 8 & 255] ^ table[1][high >> 16 & 255] ^ table[0][high >> 24];
        }
    }
    *state = by_digits(crc, bytes, size_bytes);
}

#if defined(DRP_X86_64)
DRP_TARGET_BEGIN("pclmul,sse4.1")
#include <immintrin.h>

static inline __m128i load(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)(const void *)p); }

/* A remainder of 16 bytes, moved along by the bytes that lie between it and `next`. */
static inline __m128i fold(__m128i x, __m128i powers, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(x, powers, 0x00), high = _mm_clmulepi64_si128(x, powers, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* Four remainders side by side, then one, then Barrett's reduction: V. Gopal et al., "Fast CRC Computation for Generic
 * Polynomials Using PCLMULQDQ Instruction" (Intel, 2009), whose constants for this polynomial these are. */
static void run_pclmul(uint32_t *state, const uint8_t *bytes, size_t size_bytes) {
    enum { LEAST_BYTES = 64 };
    if (size_bytes >= LEAST_BYTES) {
        const __m128i over_64 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4), over_16 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
        const __m128i over_4 = _mm_set_epi64x(0, 0x163cd6124), barrett = _mm_set_epi64x(0x1f7011641, 0x1db710641);
        const __m128i low_words = _mm_setr_epi32(-1, 0, -1, 0);
        __m128i a = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128((int)*state));
        __m128i b = load(bytes + 16), c = load(bytes + 32), d = load(bytes + 48);
        for (bytes += 64, size_bytes -= 64; size_bytes >= 64; bytes += 64, size_bytes -= 64) {
            a = fold(a, over_64, load(bytes));
            b = fold(b, over_64, load(bytes + 16));
            c = fold(c, over_64, load(bytes + 32));
            d = fold(d, over_64, load(bytes + 48));
        }
        a = fold(fold(fold(a, over_16, b), over_16, c), over_16, d);
        for (; size_bytes >= 16; bytes += 16, size_bytes -= 16) a = fold(a, over_16, load(bytes));
        a = _mm_xor_si128(_mm_srli_si128(a, 8), _mm_clmulepi64_si128(a, over_16, 0x10));
        a = _mm_xor_si128(_mm_srli_si128(a, 4), _mm_clmulepi64_si128(_mm_and_si128(a, low_words), over_4, 0x00));
        b = _mm_and_si128(_mm_clmulepi64_si128(_mm_and_si128(a, low_words), barrett, 0x10), low_words);
        a = _mm_xor_si128(a, _mm_clmulepi64_si128(b, barrett, 0x00));
        *state = (uint32_t)_mm_extract_epi32(a, 1);
    }
    *state = by_digits(*state, bytes, size_bytes);
}
DRP_TARGET_END
#elif defined(DRP_AARCH64)
DRP_TARGET_BEGIN("arch=armv8-a+crc")
#if defined(__clang__) /* whose arm_acle.h has it only where the whole build requires it */
#define CRC_OF_8_BYTES __builtin_arm_crc32d
#else
#include <arm_acle.h>
#define CRC_OF_8_BYTES __crc32d
#endif

static void run_armv8(uint32_t *state, const uint8_t *bytes, size_t size_bytes) {
    uint32_t crc = *state;
    for (; size_bytes >= 8; bytes += 8, size_bytes -= 8) crc = CRC_OF_8_BYTES(crc, drp_u64(bytes));
    *state = by_digits(crc, bytes, size_bytes);
}
DRP_TARGET_END
#endif

static const drp_checksum_unit UNITS[] = {
    {"portable", drp_lacks_nothing, run_portable},
#if defined(DRP_X86_64)
    {"pclmul", drp_lacks_crc_instructions, run_pclmul},
#elif defined(DRP_AARCH64)
    {"armv8", drp_lacks_crc_instructions, run_armv8},
#endif
    {NULL, NULL, NULL},
};

const drp_checksum_unit *drp_crc32_units(void) { return UNITS; }

uint32_t drp_crc32_by(const drp_checksum_unit *unit, const uint8_t *bytes, size_t size_bytes) {
    uint32_t state = 0xFFFFFFFFu;
    unit->run(&state, bytes, size_bytes);
    return ~state;
}

uint32_t drp_crc32(const uint8_t *bytes, size_t size_bytes) {
    return drp_crc32_by(drp_checksum_unit_named(UNITS, NULL), bytes, size_bytes);
}
