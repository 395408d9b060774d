#include "processor.h"

#include <stddef.h>

#include "support.h"

const char *drp_lacks_nothing(void) { return NULL; }

#if defined(DRP_X86_64)
#include <cpuid.h>

/* These instructions work on registers of 16 bytes, which every operating system for x86-64 saves. */
static bool has_in_leaf_1(uint32_t bits) {
    uint32_t a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bits) == bits;
}

DRP_RARE const char *drp_lacks_sha_instructions(void) {
    const uint32_t sha = 1u << 29;
    uint32_t a, b, c, d;
    bool has = has_in_leaf_1(bit_SSSE3 | bit_SSE4_1) && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & sha);
    return has ? NULL : "this processor lacks the SHA instructions";
}

DRP_RARE const char *drp_lacks_crc_instructions(void) {
    return has_in_leaf_1(bit_PCLMUL | bit_SSE4_1) ? NULL : "this processor lacks PCLMULQDQ";
}

static bool has_in_leaf_7(uint32_t b_bits, uint32_t c_bits) {
    uint32_t a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & b_bits) == b_bits && (c & c_bits) == c_bits;
}

DRP_RARE bool drp_lacks_cut_avx2(void) { return !has_in_leaf_1(bit_POPCNT) || !has_in_leaf_7(bit_BMI, 0); }

DRP_RARE bool drp_lacks_cut_avx512(void) {
    return !has_in_leaf_1(bit_POPCNT) || !has_in_leaf_7(bit_BMI | bit_BMI2, bit_AVX512VBMI2);
}
#elif defined(DRP_AARCH64)
#if defined(__linux__)
#include <sys/auxv.h>
#endif

/* The bits of AT_HWCAP in Linux. Other systems are not asked: `portable` runs there. */
enum { HWCAP_SHA256 = 1 << 6, HWCAP_CRC = 1 << 7 };

static bool has(unsigned long hwcap) {
#if defined(__linux__)
    return getauxval(AT_HWCAP) & hwcap;
#else
    return (void)hwcap, false;
#endif
}

DRP_RARE const char *drp_lacks_sha_instructions(void) {
    return has(HWCAP_SHA256) ? NULL : "this processor lacks the SHA-256 instructions, or its system does not tell";
}

DRP_RARE const char *drp_lacks_crc_instructions(void) {
    return has(HWCAP_CRC) ? NULL : "this processor lacks the CRC-32 instructions, or its system does not tell";
}
#endif
