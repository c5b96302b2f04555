# ruff: noqa: E501  (C)
"""C that stands before every kernel: the runtime's interface, integer helpers, vector maths.

No header is included, so a kernel compiles in a fraction of a second. The float functions are
straight lines of arithmetic, which the compiler turns into vectors inside the loop that calls them.

Sources: in float, exp, log and tanh by range reduction and minimax polynomials after Moshier's
Cephes (constants only); erf near zero as x + x p(x²), beyond as 1 - exp(x q(x)), both fitted here by
Lawson's weights (1961). In double, exp by its series on [-ln 2/2, ln 2/2]; log by the polynomial of
fdlibm; the fractions of tanh and erf are Cephes's, erf's near one taken less the leading 1. Ours:
NaN, infinity and the subnormal edges are kept by selects, so there is no branch, and one division
serves both sides of one.
"""

from handful.kernels.ir.strides import PANEL

RUNTIME = """\
typedef signed long long int64_t;
typedef unsigned long long uint64_t;
typedef int int32_t;
typedef unsigned long size_t;
void* malloc(size_t); void free(void*); void* memset(void*, int, size_t);
typedef void (*body_t)(int64_t, int64_t, void*);
typedef int (*pfor_t)(int64_t, int64_t, int64_t, body_t, void*);
typedef void (*product_t)(void*, int, int, int64_t, int64_t, int64_t, real, const real*, int64_t,
  const real*, int64_t, real, real*, int64_t);
typedef void (*lay_t)(int, int64_t, int64_t, int64_t, int64_t, const real*, int64_t, real*);
typedef void (*picked_rows_t)(int64_t, int64_t, int64_t, real, const real*, const int64_t*, const real*,
  int64_t, real*, const int64_t*);
typedef void (*picked_sum_t)(int64_t, int64_t, int64_t, real, const real*, const int64_t*, const real*,
  const int64_t*, real, real*, int64_t);
typedef struct {
  pfor_t pfor; product_t product; lay_t lay; void* blas; picked_rows_t picked_rows; picked_sum_t picked_sum;
  int64_t cores; int64_t poison;
} rt_t;
typedef struct { const rt_t* rt; void* const* p; const int64_t* n; } ctx_t;

/* a call: with memset among a task's own lines gcc keeps the sums of its strips in memory */
__attribute__((noinline)) static void k_poison(void* scratch, size_t bytes) { memset(scratch, 255, bytes); }

#define TALL 4 /* rows whose strips of WIDE sums are all in registers */
#if defined(__AVX512F__)
#define WIDE (256 / (int)sizeof(real))
#define LANES (64 / (int)sizeof(real))
#else
#define WIDE (64 / (int)sizeof(real))
#define LANES (32 / (int)sizeof(real))
#endif

static inline int64_t k_floordiv(int64_t a, int64_t b) { int64_t q = a / b; return q - ((a % b != 0) & ((a < 0) ^ (b < 0))); }
static inline int64_t k_mod(int64_t a, int64_t b) { int64_t r = a % b; return r + ((r != 0) & ((r < 0) ^ (b < 0)) ? b : 0); }
#define k_abs(a) ((a) < 0 ? -(a) : (a))
#define k_sign(a) ((a) > 0 ? 1 : (a) < 0 ? -1 : (a))
#define k_maximum(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))
#define k_minimum(a, b) ((a) < (b) || (a) != (a) ? (a) : (b))
static inline int64_t k_whole(double x) { return x > 0x1p53 ? (int64_t)1 << 53 : x >= -0x1p53 ? (int64_t)x : -((int64_t)1 << 53); }
static inline int64_t k_ceil(int64_t a, int64_t b) { return (a + b - 1) / b; }
static inline int64_t k_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t k_max(int64_t a, int64_t b) { return a > b ? a : b; }
"""

CHOOSING = """\
/* the least of n values, n a multiple of LANES; what is no number is passed over */
static inline __attribute__((always_inline)) real k_least(const real* value, int n) {
  real low[LANES];
  _Pragma("omp simd") for (int l = 0; l < LANES; l++) low[l] = __builtin_inff();
  _Pragma("GCC unroll 8") for (int s = 0; s < n; s += LANES)
    _Pragma("omp simd") for (int l = 0; l < LANES; l++) low[l] = value[s + l] < low[l] ? value[s + l] : low[l];
  _Pragma("GCC unroll 8") for (int half = LANES / 2; half > 0; half /= 2)
    _Pragma("omp simd") for (int l = 0; l < half; l++) low[l] = low[l + half] < low[l] ? low[l + half] : low[l];
  return low[0];
}
/* x joins the `count` smallest, of which there are `have` so far; what is no number comes last */
#define k_before(x, y) ((x) < (y) || ((y) != (y) && (x) == (x)))
static inline int64_t k_keep(real* best, int64_t* at, int64_t count, int64_t have, real x, int64_t place) {
  if (have == count && !k_before(x, best[count - 1])) return have;
  int64_t s = have < count ? have++ : count - 1;
  for (; s > 0 && k_before(x, best[s - 1]); s--) { best[s] = best[s - 1]; at[s] = at[s - 1]; }
  best[s] = x; at[s] = place;
  return have;
}
__attribute__((noinline)) static void k_keep_of(real* best, int64_t* at, int64_t count, int64_t have,
    const real* value, int64_t many, int64_t start) {
  for (int64_t l = 0; l < many; l++) have = k_keep(best, at, count, have, value[l], start + l);
}
"""

FLOAT_MATHS = """\
static inline float k_expf(float x) {
  union { float f; unsigned i; } t, e;
  t.f = __builtin_fmaf(x, 1.44269504f, 12582912.f); /* its last bits are a whole number, n */
  float n = t.f - 12582912.f;
  float r = __builtin_fmaf(n, -0.693359375f, x); r = __builtin_fmaf(n, 2.12194440e-4f, r);
  float p = 1.9875691500e-4f;
  p = __builtin_fmaf(p, r, 1.3981999507e-3f); p = __builtin_fmaf(p, r, 8.3334519073e-3f);
  p = __builtin_fmaf(p, r, 4.1665795894e-2f); p = __builtin_fmaf(p, r, 1.6666665459e-1f);
  p = __builtin_fmaf(p, r, 5.0000001201e-1f); e.f = __builtin_fmaf(p * r, r, r) + 1.f;
  e.i += t.i << 23; /* times 2^n */
  float y = x < -87.3f ? 0.f : e.f;
  return x <= 88.7228317f ? y : x + __builtin_inff();
}
static inline float k_tanhf(float x) {
  float a = __builtin_fabsf(x), z = x * x;
  float p = -5.70498872745e-3f;
  p = __builtin_fmaf(p, z, 2.06390887954e-2f); p = __builtin_fmaf(p, z, -5.37397155531e-2f);
  p = __builtin_fmaf(p, z, 1.33314422036e-1f); p = __builtin_fmaf(p, z, -3.33332819422e-1f);
  float near = __builtin_fmaf(p * z, x, x);
  float far = 1.f - 2.f / (k_expf(2.f * a) + 1.f);
  far = x < 0.f ? -far : far;
  return a < 0.625f ? near : far;
}
static inline float k_sigmoidf(float x) {
  float e = k_expf(-__builtin_fabsf(x)), d = 1.f + e, lost = e - (d - 1.f);
  float y = (x >= 0.f ? 1.f : e) / d;
  return __builtin_fmaf(-y * lost, x >= 0.f ? y : 1.f - y, y);
}
static inline float k_logf(float x) {
  union { float f; int32_t i; } u; float s = x < 1.17549435e-38f ? x * 8388608.f : x; u.f = s;
  float e = (float)((u.i >> 23) - 126) - (x < 1.17549435e-38f ? 23.f : 0.f);
  u.i = (u.i & 0x7fffff) | 0x3f000000; float m = u.f;
  float low = m < 0.707106781f ? 1.f : 0.f; e -= low; m = m + low * m - 1.f;
  float z = m * m, p = 7.0376836292e-2f;
  p = __builtin_fmaf(p, m, -1.1514610310e-1f); p = __builtin_fmaf(p, m, 1.1676998740e-1f);
  p = __builtin_fmaf(p, m, -1.2420140846e-1f); p = __builtin_fmaf(p, m, 1.4249322787e-1f);
  p = __builtin_fmaf(p, m, -1.6668057665e-1f); p = __builtin_fmaf(p, m, 2.0000714765e-1f);
  p = __builtin_fmaf(p, m, -2.4999993993e-1f); p = __builtin_fmaf(p, m, 3.3333331174e-1f);
  float y = p * m * z; y = __builtin_fmaf(e, -2.12194440e-4f, y); y = __builtin_fmaf(z, -0.5f, y);
  y = __builtin_fmaf(e, 0.693359375f, m + y);
  y = x == 0.f ? -__builtin_inff() : y; y = x < 0.f ? __builtin_nanf("") : y;
  return x > 3.4028234e38f || x != x ? x : y;
}
static inline float k_erff(float x) {
  float a = __builtin_fabsf(x), z = x * x; a = a > 4.f ? 4.f : a;
  float p = -0.000620325503f;
  p = __builtin_fmaf(p, z, 0.00503218127f); p = __builtin_fmaf(p, z, -0.0267914627f);
  p = __builtin_fmaf(p, z, 0.112824552f); p = __builtin_fmaf(p, z, -0.376125515f);
  p = __builtin_fmaf(p, z, 0.128379151f);
  float q = -9.36464585e-06f;
  q = __builtin_fmaf(q, a, 0.000304331508f); q = __builtin_fmaf(q, a, -0.00356826838f);
  q = __builtin_fmaf(q, a, 0.0236072112f); q = __builtin_fmaf(q, a, -0.106059626f);
  q = __builtin_fmaf(q, a, -0.635256886f); q = __builtin_fmaf(q, a, -1.12862289f);
  float far = 1.f - k_expf(q * a); far = x < 0.f ? -far : far;
  return a < 0.875f ? __builtin_fmaf(p, x, x) : far;
}
"""

DOUBLE_MATHS = """\
static inline double k_exp(double x) {
  double y = x > -746. ? x : -746.; y = y < 710. ? y : 710.;
  double n = __builtin_rint(y * 1.4426950408889634);
  double w = __builtin_fma(n, -6.93147180369123816490e-1, y), r = __builtin_fma(n, -1.90821492927058770002e-10, w);
  double c = __builtin_fma(n, -1.90821492927058770002e-10, w - r);
  double p = 1. / 6227020800.;
  p = __builtin_fma(p, r, 1. / 479001600.); p = __builtin_fma(p, r, 1. / 39916800.);
  p = __builtin_fma(p, r, 1. / 3628800.); p = __builtin_fma(p, r, 1. / 362880.);
  p = __builtin_fma(p, r, 1. / 40320.); p = __builtin_fma(p, r, 1. / 5040.);
  p = __builtin_fma(p, r, 1. / 720.); p = __builtin_fma(p, r, 1. / 120.);
  p = __builtin_fma(p, r, 1. / 24.); p = __builtin_fma(p, r, 1. / 6.); p = __builtin_fma(p, r, .5);
  p = r + __builtin_fma(p * r, r, c) + 1.;
  double h = __builtin_rint(n * .5);
  union { double f; uint64_t i; } u, v; u.f = h + 6755399441056767.; v.f = n - h + 6755399441056767.;
  u.i <<= 52; v.i <<= 52;
  double e = p * u.f * v.f;
  return x != x ? x : e;
}
static inline double k_tanh(double x) {
  double a = __builtin_fabs(x), z = x * x;
  double p = __builtin_fma(-9.64399179425052238628e-1, z, -9.92877231001918586564e1);
  p = __builtin_fma(p, z, -1.61468768441708447952e3);
  double q = z + 1.12811678491632931402e2;
  q = __builtin_fma(q, z, 2.23548839060100448583e3); q = __builtin_fma(q, z, 4.84406305325125486048e3);
  double e = k_exp(2. * a) + 1.;
  double d = (a < .625 ? p * z : 2.) / (a < .625 ? q : e);
  double far = 1. - d; far = x < 0. ? -far : far;
  return a < .625 ? __builtin_fma(d, x, x) : far;
}
static inline double k_sigmoid(double x) {
  double e = k_exp(-__builtin_fabs(x)), d = 1. + e, lost = e - (d - 1.);
  double y = (x >= 0. ? 1. : e) / d;
  return __builtin_fma(-y * lost, x >= 0. ? y : 1. - y, y);
}
static inline double k_log(double x) {
  union { double f; uint64_t i; } u, k; u.f = x < 2.2250738585072014e-308 ? x * 18014398509481984. : x;
  k.i = (u.i >> 52) | 0x4330000000000000ull;
  double e = k.f - 4503599627370496. - (x < 2.2250738585072014e-308 ? 1077. : 1023.);
  u.i = (u.i & 0xfffffffffffffull) | 0x3ff0000000000000ull; double m = u.f;
  e = m > 1.4142135623730951 ? e + 1. : e; m = (m > 1.4142135623730951 ? .5 * m : m) - 1.;
  double s = m / (m + 2.), z = s * s, half = .5 * m * m;
  double p = 1.479819860511658591e-1;
  p = __builtin_fma(p, z, 1.531383769920937332e-1); p = __builtin_fma(p, z, 1.818357216161805012e-1);
  p = __builtin_fma(p, z, 2.222219843214978396e-1); p = __builtin_fma(p, z, 2.857142874366239149e-1);
  p = __builtin_fma(p, z, 3.999999999940941908e-1); p = __builtin_fma(p, z, 6.666666666666735130e-1);
  double y = __builtin_fma(e, 1.90821492927058770002e-10, s * __builtin_fma(p, z, half));
  y = __builtin_fma(e, 6.93147180369123816490e-1, m - (half - y));
  y = x == 0. ? -__builtin_inf() : y; y = x < 0. ? __builtin_nan("") : y;
  return x > 1.7976931348623157e308 || x != x ? x : y;
}
static inline double k_erf(double x) {
  double a = __builtin_fabs(x); a = a > 6. ? 6. : a;
  double z = a * a;
  double t = __builtin_fma(-z, z, -2.39567404248797935772e1 * z - 4.31331930059768410873e2);
  t = __builtin_fma(t, z, -2.36231848376295808761e3); t = __builtin_fma(t, z, -1.56256749202610426699e4);
  t = __builtin_fma(t, z, 6.3249070401759041682e3);
  double u = z + 3.35617141647503099647e1;
  u = __builtin_fma(u, z, 5.21357949780152679795e2); u = __builtin_fma(u, z, 4.59432382970980127987e3);
  u = __builtin_fma(u, z, 2.26290000613890934246e4); u = __builtin_fma(u, z, 4.92673942608635921086e4);
  double p = __builtin_fma(2.46196981473530512524e-10, a, 5.64189564831068821977e-1);
  p = __builtin_fma(p, a, 7.46321056442269912687); p = __builtin_fma(p, a, 4.86371970985681366614e1);
  p = __builtin_fma(p, a, 1.96520832956077098242e2); p = __builtin_fma(p, a, 5.26445194995477358631e2);
  p = __builtin_fma(p, a, 9.34528527171957607540e2); p = __builtin_fma(p, a, 1.02755188689515710272e3);
  p = __builtin_fma(p, a, 5.57535335369399327526e2);
  double q = a + 1.32281951154744992508e1;
  q = __builtin_fma(q, a, 8.67072140885989742329e1); q = __builtin_fma(q, a, 3.54937778887819891062e2);
  q = __builtin_fma(q, a, 9.75708501743205489753e2); q = __builtin_fma(q, a, 1.82390916687909736289e3);
  q = __builtin_fma(q, a, 2.24633760818710981792e3); q = __builtin_fma(q, a, 1.65666309194161350182e3);
  q = __builtin_fma(q, a, 5.57535340817727675546e2);
  double d = (a < 1. ? a * t : p * k_exp(-z)) / (a < 1. ? u : q);
  double y = a < 1. ? a + d : 1. - d;
  y = x < 0. ? -y : y;
  return x != x ? x : y;
}
"""

FEW_ROWS, LARGE_MATRIX = 20, 1 << 18
"""Below so many rows a product is bound by reading its matrix; from so many numbers on, two cores
read half of it each faster than all of it for half of the rows, and it pays to wake the second at
every step."""

PANELS = 2
"""How the product is told that a matrix lies in panels; 0 is as it lies, 1 transposed."""

PICKED = 256
"""Rows among which a product picks those that are present, at a time (picked.c)."""

GEMM = """\
/* row-major c[m,n] = alpha a[m,k] b[k,n] + beta c; ta, tb: 1 if the operand lies
   transposed, PANELS if b was laid so (product.c) */
static void product(const rt_t* rt, int ta, int tb, int64_t m, int64_t n, int64_t k, real alpha,
    const real* a, int64_t lda, const real* b, int64_t ldb, real beta, real* c, int64_t ldc) {
  rt->product(rt->blas, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
typedef struct {
  const rt_t* rt; int ta, tb; int64_t m, n, k; real alpha; const real* a; int64_t lda;
  const real* b; int64_t ldb; real beta; real* c; int64_t ldc, wide;
} columns_t;
static void columns(int64_t first, int64_t last, void* given) {
  const columns_t* s = given;
  for (int64_t part = first; part < last; part++) {
    const int64_t low = part * s->wide;
    product(s->rt, s->ta, s->tb, s->m, k_min(s->wide, s->n - low), s->k, s->alpha, s->a, s->lda,
      s->b + low * (s->tb == PANELS ? s->k : s->tb ? s->ldb : 1), s->ldb, s->beta, s->c + low, s->ldc);
  }
}
/* few rows by a large matrix: its columns are parted, for each core a part of the memory to read */
static void gemm(const rt_t* rt, int ta, int tb, int64_t m, int64_t n, int64_t k, real alpha,
    const real* a, int64_t lda, const real* b, int64_t ldb, real beta, real* c, int64_t ldc) {
  if (m < FEW_ROWS && n * k >= LARGE_MATRIX && rt->pfor && rt->cores > 1) {
    columns_t s = {rt, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc,
      k_ceil(k_ceil(n, rt->cores), PANEL) * PANEL};
    if (!rt->pfor(0, k_ceil(n, s.wide), 1, columns, &s)) return;
  }
  product(rt, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
"""


def prelude(real: str, *, products: bool, choosing: bool) -> str:
    """Everything before the kernel's own functions, for "float" or "double"."""
    maths = FLOAT_MATHS if real == "float" else DOUBLE_MATHS
    known = {
        "FEW_ROWS": FEW_ROWS,
        "LARGE_MATRIX": LARGE_MATRIX,
        "PANEL": PANEL,
        "PANELS": PANELS,
    }
    gemm = "".join(f"#define {name} {value}\n" for name, value in known.items()) + GEMM
    own = (CHOOSING if choosing else "") + (gemm if products else "")
    return f"typedef {real} real;\n{RUNTIME}{maths}{own}"
