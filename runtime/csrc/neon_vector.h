/* The v_ operations of vector_math.h on NEON, four floats a vector; shared by neon.c and neondot.c. */
#define V_LANES 4
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
static inline vint v_isub(vint a, vint b) { return vsubq_s32(a, b); }
static inline vint v_ishl23(vint a) { return vshlq_n_s32(a, 23); }
static inline vfloat v_from_int(vint a) { return vcvtq_f32_s32(a); }
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
