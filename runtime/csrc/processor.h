/* What this processor lacks for the instructions of checksums: a sentence, or NULL when it has them. dispatch.c asks for those
 * of the tiers; what follows for cutters of words is beyond what their tiers have asked for. */
#ifndef DRP_PROCESSOR_H
#define DRP_PROCESSOR_H

#include <stdbool.h>

#include "kernel.h" /* DRP_X86_64, DRP_AARCH64 */

const char *drp_lacks_nothing(void);
const char *drp_lacks_sha_instructions(void);
const char *drp_lacks_crc_instructions(void); /* x86: of polynomials, Arm: of CRC-32 itself */

#if defined(DRP_X86_64)
bool drp_lacks_cut_avx2(void);   /* BMI1, POPCNT */
bool drp_lacks_cut_avx512(void); /* VBMI2, BMI1, BMI2, POPCNT */
#endif

#endif
