/* Asks the processor what it can do, and chooses a tier. processor.c alone asks it for more. */
#include "dispatch.h"

#include <string.h>

#include "drupelet.h"

#ifdef DRP_X86_64
#include <cpuid.h>

/* The registers that the operating system saves (XCR0): without it, wide instructions fault or lose their contents. */
static uint32_t saved_registers(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

typedef struct {
    uint32_t xcr0, ebx7, ecx7;
} cpu_features;

static cpu_features ask_cpu(void) {
    cpu_features found = {0, 0, 0};
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return found;
    found.xcr0 = saved_registers();
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        found.ebx7 = b;
        found.ecx7 = c;
    }
    return found;
}

static const char *lacks_avx2(void) {
    cpu_features cpu = ask_cpu();
    if ((cpu.xcr0 & 0x6) != 0x6) return "the operating system does not save AVX registers";
    return cpu.ebx7 & bit_AVX2 ? NULL : "this processor lacks AVX2";
}

#ifdef DRP_AVXVNNI
static const char *lacks_avxvnni(void) {
    const uint32_t bit_of_avxvnni = 1u << 4; /* leaf 7, subleaf 1, eax */
    uint32_t a, b, c, d;
    const char *lacks = lacks_avx2();
    if (lacks) return lacks;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & bit_of_avxvnni) ? NULL : "this processor lacks AVX-VNNI";
}
#endif

static const char *lacks_avx512vnni(void) {
    cpu_features cpu = ask_cpu();
    const uint32_t needed = bit_AVX512F | bit_AVX512BW | bit_AVX512VL | bit_AVX512DQ;
    if ((cpu.xcr0 & 0xe6) != 0xe6) return "the operating system does not save AVX-512 registers";
    if ((cpu.ebx7 & needed) != needed) return "this processor lacks AVX-512 (F, BW, VL, DQ)";
    return cpu.ecx7 & bit_AVX512VNNI ? NULL : "this processor lacks AVX-512 VNNI";
}
#endif

#if defined(DRP_AARCH64) || defined(DRP_ARMV7)
#if defined(__linux__)
#include <sys/auxv.h>
#endif
#endif

#ifdef DRP_AARCH64
static const char *lacks_neondot(void) {
#if defined(__ARM_FEATURE_DOTPROD)
    return NULL; /* the build already requires it */
#elif defined(__linux__)
    const unsigned long hwcap_asimddp = 1UL << 20;
    return getauxval(AT_HWCAP) & hwcap_asimddp ? NULL : "this processor lacks the dot product instructions";
#else
    return "this operating system is not asked for dot product instructions";
#endif
}
#endif

#ifdef DRP_ARMV7
static const char *lacks_neon(void) {
#if defined(__ARM_NEON)
    return NULL; /* the build already requires it */
#elif defined(__linux__)
    const unsigned long hwcap_neon = 1UL << 12;
    return getauxval(AT_HWCAP) & hwcap_neon ? NULL : "this processor lacks NEON";
#else
    return "this operating system is not asked for NEON";
#endif
}
#endif

static const char *lacks_nothing(void) { return NULL; }

/* Best last. */
static const struct {
    const drp_tier *tier;
    const char *(*lacks)(void);
} tiers[] = {
    {&drp_scalar, lacks_nothing},
#if defined(DRP_X86_64)
    {&drp_avx2, lacks_avx2},
#ifdef DRP_AVXVNNI
    {&drp_avxvnni, lacks_avxvnni},
#endif
    {&drp_avx512vnni, lacks_avx512vnni},
#elif defined(DRP_AARCH64)
    {&drp_neon, lacks_nothing}, /* part of every 64-bit Arm */
    {&drp_neondot, lacks_neondot},
#elif defined(DRP_ARMV7)
    {&drp_neon, lacks_neon},
#endif
};
enum { TIER_COUNT = sizeof tiers / sizeof *tiers };

const char *drupelet_tier_name(size_t number) { return number < TIER_COUNT ? tiers[number].tier->name : NULL; }

const char *drupelet_tier_lacks(size_t number) {
    return number < TIER_COUNT ? tiers[number].lacks() : "there is no such tier";
}

const drp_tier *drp_tier_named(const char *name, const char **lacks) {
    *lacks = "this build has no such tier";
    for (size_t number = TIER_COUNT; number-- > 0;) {
        if (name && strcmp(name, tiers[number].tier->name) != 0) continue;
        *lacks = tiers[number].lacks();
        if (!*lacks) return tiers[number].tier;
        if (name) return NULL;
    }
    return NULL;
}
