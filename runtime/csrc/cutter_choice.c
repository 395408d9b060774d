#include "cutter_choice.h"

#include "processor.h"
#include "support.h"

DRP_RARE drp_cutter *drp_cutter_for(const drp_tier *tier) {
    if (tier == &drp_scalar) return drp_cut_scalar;
#if defined(DRP_X86_64)
    if (tier == &drp_avx512vnni && !drp_lacks_cut_avx512()) return drp_cut_avx512; /* the system saves its registers */
    if (!drp_lacks_cut_avx2()) return drp_cut_avx2;
#elif defined(DRP_AARCH64)
    return drp_cut_neon;
#endif
    return drp_cut_scalar;
}
