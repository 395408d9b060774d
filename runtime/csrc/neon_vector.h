/* The v_ operations of vector_math.h on NEON, four floats a vector; shared by neon.c and neondot.c. */
#define V_LANES 4
#define V_INTERLEAVED 0
typedef float32x4_t vfloat;
typedef int32x4_t vint;

static inline vfloat v_load(const float *p) { return vld1q_f32(p); }
static inline void v_store(float *p, vfloat x) { vst1q_f32(p, x); }
static inline vfloat v_set(float x) { return vdupq_n_f32(x); }
static inline vint v_iset(int32_t x) { return vdupq_n_s32(x); }
static inline vfloat v_add(vfloat a, vfloat b) { return vaddq_f32(a, b); }
static inline vfloat v_sub(vfloat a, vfloat b) { return vsubq_f32(a, b); }
static inline vfloat v_mul(vfloat a, vfloat b) { return vmulq_f32(a, b); }
#ifdef DRP_AARCH64
static inline vfloat v_div(vfloat a, vfloat b) { return vdivq_f32(a, b); }
#else
/* 32-bit NEON has no division; the floating-point unit has a correctly rounded one, a float at a time. */
static inline vfloat v_div(vfloat a, vfloat b) {
    float x[4], y[4];
    vst1q_f32(x, a);
    vst1q_f32(y, b);
    for (int lane = 0; lane < 4; ++lane) x[lane] /= y[lane];
    return vld1q_f32(x);
}
#endif
static inline vfloat v_min(vfloat a, vfloat b) { return vminq_f32(a, b); }
static inline vfloat v_max(vfloat a, vfloat b) { return vmaxq_f32(a, b); }
static inline vint v_bits(vfloat x) { return vreinterpretq_s32_f32(x); }
static inline vfloat v_float(vint x) { return vreinterpretq_f32_s32(x); }
static inline vint v_iadd(vint a, vint b) { return vaddq_s32(a, b); }
static inline vint v_ishl23(vint a) { return vshlq_n_s32(a, 23); }
static inline vfloat v_from_int(vint a) { return vcvtq_f32_s32(a); }
static inline vfloat v_number(vfloat x) { return v_float(vandq_s32(v_bits(x), vreinterpretq_s32_u32(vceqq_f32(x, x)))); }
static inline vfloat v_floored(vfloat x) {
    return v_float(vbicq_s32(v_bits(x), vreinterpretq_s32_u32(vcltq_f32(vabsq_f32(x), vdupq_n_f32(DRP_STATE_FLOOR)))));
}
#ifdef DRP_AARCH64 /* its conversion rounds to the nearest, stops at the ends of int32, and makes 0 of a NaN */
#define V_STORES_I16
static inline void v_store_i16(int16_t *p, vfloat x) { vst1_s16(p, vqmovn_s32(vcvtnq_s32_f32(x))); }
#else
static inline void v_store_low_halves(int16_t *p, vint a) { vst1_s16(p, vmovn_s32(a)); }
#endif
static inline void v_store_low_bytes(uint8_t *p, vint a) {
    uint16x4_t halves = vmovn_u32(vreinterpretq_u32_s32(a));
    uint8x8_t bytes = vmovn_u16(vcombine_u16(halves, halves));
    vst1_lane_u32((uint32_t *)(void *)p, vreinterpret_u32_u8(bytes), 0);
}

/* Four bytes of the input, in every group of four. */
static inline int8x16_t v_four(const uint8_t *input) {
    uint32_t four;
    __builtin_memcpy(&four, input, sizeof four);
    return vreinterpretq_s8_u32(vdupq_n_u32(four));
}

/* The W operations of int16_cell.h: two vectors side by side, whose chains of operations hide each other's waiting; one where
 * there are sixteen registers. */
#define W(name) w_##name
#define W_SHIFTS
#ifdef DRP_AARCH64
#define W_LANES 16
typedef struct {
    int16x8_t a, b;
} wpair;
#define wvec wpair
#define W_BOTH(F, x, y) ((wpair){F((x).a, (y).a), F((x).b, (y).b)})
DRP_INLINE wvec W(load)(const int16_t *p) { return (wpair){vld1q_s16(p), vld1q_s16(p + 8)}; }
DRP_INLINE void W(store)(int16_t *p, wvec x) { vst1q_s16(p, x.a), vst1q_s16(p + 8, x.b); }
DRP_INLINE wvec W(set)(int x) { return (wpair){vdupq_n_s16((int16_t)x), vdupq_n_s16((int16_t)x)}; }
DRP_INLINE wvec W(sign)(wvec z) { return (wpair){vshrq_n_s16(z.a, 15), vshrq_n_s16(z.b, 15)}; }
DRP_INLINE void W(store_bytes)(uint8_t *p, wvec h) {
    vst1q_s8((int8_t *)p, vcombine_s8(vmovn_s16(h.a), vmovn_s16(h.b)));
}
#else
#define W_LANES 8
#define wvec int16x8_t
#define W_BOTH(F, x, y) F(x, y)
DRP_INLINE wvec W(load)(const int16_t *p) { return vld1q_s16(p); }
DRP_INLINE void W(store)(int16_t *p, wvec x) { vst1q_s16(p, x); }
DRP_INLINE wvec W(set)(int x) { return vdupq_n_s16((int16_t)x); }
DRP_INLINE wvec W(sign)(wvec z) { return vshrq_n_s16(z, 15); }
DRP_INLINE void W(store_bytes)(uint8_t *p, wvec h) { vst1_s8((int8_t *)p, vmovn_s16(h)); }
#endif
DRP_INLINE wvec W(mulhrs)(wvec a, wvec b) { return W_BOTH(vqrdmulhq_s16, a, b); }
DRP_INLINE wvec W(add)(wvec a, wvec b) { return W_BOTH(vaddq_s16, a, b); }
DRP_INLINE wvec W(sub)(wvec a, wvec b) { return W_BOTH(vsubq_s16, a, b); }
DRP_INLINE wvec W(adds)(wvec a, wvec b) { return W_BOTH(vqaddq_s16, a, b); }
DRP_INLINE wvec W(shifted)(wvec a, uint32_t n) { return W_BOTH(vqshlq_s16, a, W(set)((int)n)); }
DRP_INLINE wvec W(xor)(wvec a, wvec b) { return W_BOTH(veorq_s16, a, b); }
DRP_INLINE wvec W(flip_if_positive)(wvec q, wvec sign) { return W(xor)(q, W_BOTH(vbicq_s16, W(set)(0x7fff), sign)); }
DRP_INLINE wvec W(flip)(wvec q, wvec sign) { return W(xor)(q, W(xor)(sign, W(set)(0x7fff))); }

/* Eight sums, shifted right, which is a shift to the left by a negative number. */
DRP_INLINE int16x8_t v_narrow_eight(const vint *sums, const int32_t *shifts) {
    vint low = vshlq_s32(sums[0], vnegq_s32(vld1q_s32(shifts))), high = vshlq_s32(sums[1], vnegq_s32(vld1q_s32(shifts + 4)));
    return vcombine_s16(vqmovn_s32(low), vqmovn_s32(high));
}
DRP_INLINE wvec W(narrow)(const vint *sums, const int32_t *shifts, const int gates) {
    (void)gates;
#ifdef DRP_AARCH64
    return (wpair){v_narrow_eight(sums, shifts), v_narrow_eight(sums + 2, shifts + 8)};
#else
    return v_narrow_eight(sums, shifts);
#endif
}
