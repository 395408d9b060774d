/* Functions between DRP_TARGET_BEGIN("avx2") and DRP_TARGET_END may use these instructions. The source says so, and not
 * compiler flags, so that the kernel builds with `cc *.c` under any build system. */
#ifndef DRP_TARGET_H
#define DRP_TARGET_H

#define DRP_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define DRP_TARGET_BEGIN(FEATURES) \
    DRP_PRAGMA(clang attribute push(__attribute__((target(FEATURES))), apply_to = function))
#define DRP_TARGET_END DRP_PRAGMA(clang attribute pop)
#elif defined(__GNUC__)
#define DRP_TARGET_BEGIN(FEATURES) DRP_PRAGMA(GCC push_options) DRP_PRAGMA(GCC target(FEATURES))
#define DRP_TARGET_END DRP_PRAGMA(GCC pop_options)
#else
#error "tiers need a compiler with target attributes (GCC, Clang)"
#endif

#endif
