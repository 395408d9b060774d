/* What this processor lacks for the instructions of checksums: a sentence, or NULL when it has them. dispatch.c asks for those
 * of the tiers. */
#ifndef DRP_PROCESSOR_H
#define DRP_PROCESSOR_H

const char *drp_lacks_nothing(void);
const char *drp_lacks_sha_instructions(void);
const char *drp_lacks_crc_instructions(void); /* x86: of polynomials, Arm: of CRC-32 itself */

#endif
