/* The W operations of int16_cell.h on sixteen int16 in a register of AVX2; shared by the tiers of x86-64. */
#define W(name) ymm_##name
#define W_LANES 16
#define wvec __m256i

DRP_INLINE wvec W(load)(const int16_t *p) { return _mm256_load_si256((const wvec *)(const void *)p); }
DRP_INLINE void W(store)(int16_t *p, wvec x) { _mm256_store_si256((wvec *)(void *)p, x); }
DRP_INLINE wvec W(set)(int x) { return _mm256_set1_epi16((short)x); }
DRP_INLINE wvec W(mulhrs)(wvec a, wvec b) { return _mm256_mulhrs_epi16(a, b); }
DRP_INLINE wvec W(add)(wvec a, wvec b) { return _mm256_add_epi16(a, b); }
DRP_INLINE wvec W(sub)(wvec a, wvec b) { return _mm256_sub_epi16(a, b); }
DRP_INLINE wvec W(adds)(wvec a, wvec b) { return _mm256_adds_epi16(a, b); }
DRP_INLINE wvec W(sign)(wvec z) { return _mm256_srai_epi16(z, 15); }
DRP_INLINE wvec W(xor)(wvec a, wvec b) { return _mm256_xor_si256(a, b); }
DRP_INLINE wvec W(flip_if_positive)(wvec q, wvec sign) { return W(xor)(q, _mm256_andnot_si256(sign, W(set)(0x7fff))); }
DRP_INLINE wvec W(flip)(wvec q, wvec sign) { return W(xor)(q, W(xor)(sign, W(set)(0x7fff))); }
/* Bytes as the tier stores them: some want them plus 128 (drp_tier.flip). */
DRP_INLINE void W(store_bytes)(uint8_t *p, wvec h) {
    __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
    _mm_store_si128((__m128i *)(void *)p, _mm_xor_si128(bytes, _mm_set1_epi8((char)W_FLIP)));
}
