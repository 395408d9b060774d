#include "processor.h"

#include <stddef.h>

#include "kernel.h" /* DRP_X86_64, DRP_AARCH64 */
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
