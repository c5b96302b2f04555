/* What our products (product.c, picked.c) share: a processor's vectors, and how many of them make a
   tile. Each file is compiled like a kernel, after this text, once for float and once for double. */

#pragma GCC optimize("O2") /* as fast here as O3, and compiled in two thirds of the time */

typedef signed long long int64_t;

#if defined(__AVX512F__)
#define BYTES 64
#define ROWS 10 /* each needs an address, and there are sixteen registers for those */
#define EACH(X, wide) X(1, wide) X(2, wide) X(3, wide) X(4, wide) X(5, wide) X(6, wide) \
    X(7, wide) X(8, wide) X(9, wide) X(10, wide)
#else /* sixteen registers */
#if defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif
#define ROWS 6
#define EACH(X, wide) X(1, wide) X(2, wide) X(3, wide) X(4, wide) X(5, wide) X(6, wide)
#endif
#define LANES ((int64_t)(BYTES / sizeof(real)))
#define DEPTH 192 /* rows of b at work at a time: a tile's columns of them stay in the first cache */
#define UNROLL _Pragma("GCC unroll 24")
#define INLINE static inline __attribute__((always_inline))
#define least(a, b) ((a) < (b) ? (a) : (b))

typedef real vec __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));

/* c[i, j] = part[i, j] + beta c[i, j] for j < cols; rows of `part` are `wide` apart; if beta is 0, c
   is not read. For a tile of fewer columns than its vectors hold, which was made aside. */
static void put_part(int64_t rows, int64_t cols, const real* part, int64_t wide, real beta, real* c,
    int64_t ldc) {
  for (int64_t i = 0; i < rows; i++, part += wide, c += ldc) {
    if (beta == 0) for (int64_t j = 0; j < cols; j++) c[j] = part[j];
    else for (int64_t j = 0; j < cols; j++) c[j] = beta * c[j] + part[j];
  }
}
