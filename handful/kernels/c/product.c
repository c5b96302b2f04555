/* Matrix products of our own: for processors whose vectors the borrowed BLAS leaves half idle, and
   for a torch that lends none. Compiled like a kernel, once for float and once for double.

     c[m,n] = alpha op(a)[m,k] op(b)[k,n] + beta c      row-major; if beta is 0, c is not read

   ta, tb: 0, or ACROSS if it lies transposed; or of b PANELS, if it was laid so: all rows of a
   tile's columns, then all rows of the next tile's.

   A tile of c, up to ROWS by two vectors, stays in registers while k runs. Of b, DEPTH rows of a
   tile's columns are at work at a time, in the first cache; where more than TILES tiles read them,
   or they lie transposed, they are first copied side by side. Few rows are bound by reading b: they
   take wider tiles, or dot products where b lies transposed. One thread; the bits depend on shape.

   Source: Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008). */

typedef void blas_t(const char*, const char*, const int*, const int*, const int*, const real*,
    const real*, const int*, const real*, const int*, const real*, real*, const int*);

#define LINE ((int64_t)(64 / sizeof(real)))
#define ACROSS 1
#define TILE (2 * LANES) /* columns of a tile, and of a panel */
#define FEW 3
#define WIDE (ROWS * 2 / FEW)
#define HIGH (ROWS * 20)
#define TILES 8
#define LARGE (1 << 18)

typedef real quad __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));
#if defined(__clang__)
#define MIX(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef __typeof__(__builtin_choose_expr(sizeof(real) == 4, 0, 0LL)) whole;
typedef whole places __attribute__((vector_size(4 * sizeof(real))));
#define MIX(a, b, ...) __builtin_shuffle(a, b, (places){__VA_ARGS__})
#endif

/* What the tiles of one product share: a's element (i, l) is a[i * along_m + l * along_k]; of b,
   row l begins at b[l * ldb], and the third vector of it lies `next` after the first. */
typedef struct { int64_t depth, along_m, along_k, ldb, next, ldc; real alpha, beta; } tiles_t;

INLINE void tile(const int rows, const int wide, const tiles_t* s, const real* a, const real* b,
    real* c) {
  vec sum[ROWS * 2], right[WIDE];
  const int64_t along_m = s->along_m, along_k = s->along_k, ldb = s->ldb, ldc = s->ldc,
    next = s->next;
  UNROLL for (int i = 0; i < rows * wide; i++) sum[i] = (vec){0};
  for (int64_t l = s->depth; l > 0; l--, a += along_k, b += ldb) {
    UNROLL for (int v = 0; v < wide; v++) right[v] = *(const vec*)(b + v / 2 * next + v % 2 * LANES);
    UNROLL for (int i = 0; i < rows; i++) {
      const real left = a[i * along_m];
      UNROLL for (int v = 0; v < wide; v++) sum[i * wide + v] += left * right[v];
    }
  }
  UNROLL for (int i = 0; i < rows * wide; i++) {
    vec* at = (vec*)(c + i / wide * ldc + i % wide * LANES);
    *at = s->beta == 0 ? sum[i] * s->alpha : s->beta * *at + sum[i] * s->alpha;
  }
}

static void any_tile(int64_t rows, int64_t wide, const tiles_t* s, const real* a, const real* b,
    real* c) {
  switch (rows * 16 + wide) {
#define X(rows, wide) case rows * 16 + wide: tile(rows, wide, s, a, b, c); break;
    EACH(X, 1) EACH(X, 2) X(1, WIDE) X(2, WIDE) X(3, WIDE)
#undef X
  }
}

/* A tile of fewer columns than its vectors hold: made aside, of b with zeros beyond its columns. */
static void part_tile(int64_t rows, int64_t wide, const tiles_t* s, const real* a, const real* b,
    real* c, int64_t cols) {
  real whole[ROWS * 2 * LANES];
  tiles_t aside = *s;
  aside.beta = 0;
  aside.ldc = wide * LANES;
  any_tile(rows, wide, &aside, a, b, whole);
  put_part(rows, cols, whole, wide * LANES, s->beta, c, s->ldc);
}

/* out[l, j] = op(b)[l, j], in rows of `wide` with zeros from cols on. */
static void side_by_side(real* out, const real* b, int tb, int64_t ldb, int64_t depth, int64_t cols,
    int64_t wide) {
  const int64_t quads = tb ? cols & ~3 : 0, deep = tb ? depth & ~(LINE - 1) : 0;
  for (int64_t line = 0; line < deep; line += LINE) /* whole lines of the cache, four at a time */
    for (int64_t j = 0; j < quads; j += 4)
      for (int64_t l = line; l < line + LINE; l += 4) {
        const real* from = b + j * ldb + l;
        real* to = out + l * wide + j;
        const quad p = *(const quad*)from, q = *(const quad*)(from + ldb);
        const quad r = *(const quad*)(from + 2 * ldb), s = *(const quad*)(from + 3 * ldb);
        const quad t = MIX(p, q, 0, 4, 1, 5), u = MIX(p, q, 2, 6, 3, 7);
        const quad v = MIX(r, s, 0, 4, 1, 5), w = MIX(r, s, 2, 6, 3, 7);
        *(quad*)to = MIX(t, v, 0, 1, 4, 5);
        *(quad*)(to + wide) = MIX(t, v, 2, 3, 6, 7);
        *(quad*)(to + 2 * wide) = MIX(u, w, 0, 1, 4, 5);
        *(quad*)(to + 3 * wide) = MIX(u, w, 2, 3, 6, 7);
      }
  for (int64_t l = 0; l < depth; l++) {
    for (int64_t j = l < deep ? quads : 0; j < cols; j++)
      out[l * wide + j] = tb ? b[j * ldb + l] : b[l * ldb + j];
    for (int64_t j = cols; j < wide; j++) out[l * wide + j] = 0;
  }
}

/* c[j] = alpha sum(a[l] b[j, l]) + beta c[j], four at a time. */
static void dots(int64_t n, int64_t k, real alpha, const real* a, const real* b, int64_t ldb,
    real beta, real* c) {
  for (int64_t j = 0; j < n; j += 4) {
    const int64_t many = least(4, n - j);
    const real* rows[4];
    for (int64_t i = 0; i < 4; i++) rows[i] = b + (j + least(i, many - 1)) * ldb;
    vec sum[4] = {{0}};
    int64_t l = 0;
    for (; l + LANES <= k; l += LANES)
      UNROLL for (int i = 0; i < 4; i++)
        sum[i] += *(const vec*)(a + l) * *(const vec*)(rows[i] + l);
    for (int64_t i = 0; i < many; i++) {
      real total = 0;
      for (int64_t v = 0; v < LANES; v++) total += sum[i][v];
      for (int64_t r = l; r < k; r++) total += a[r] * rows[i][r];
      c[j + i] = alpha * total + (beta == 0 ? 0 : beta * c[j + i]);
    }
  }
}

/* Whether this processor's vectors are wider than those that the borrowed BLAS uses on it, and b
   small or read as it lies: how well one walks through memory matters more where it is not. */
static int ours_is_faster(int64_t m, int64_t n, int64_t k) {
#if defined(__AVX512F__)
  __builtin_cpu_init();
  return (m <= TILES * ROWS || n * k <= LARGE) && !__builtin_cpu_is("intel");
#else
  return 0;
#endif
}

/* Rows first … last - 1 of op(b)[k,n] in panels: out[j / TILE][l][j % TILE]. What lies beyond n is
   zero. */
void lay(int tb, int64_t first, int64_t last, int64_t k, int64_t n, const real* b, int64_t ldb,
    real* out) {
  for (int64_t j = 0; j < n; j += TILE)
    side_by_side(out + j * k + first * TILE, b + (tb ? j * ldb + first : first * ldb + j), tb, ldb,
        last - first, least(n - j, TILE), TILE);
}

void product(blas_t* blas, int ta, int tb, int64_t m, int64_t n, int64_t k, real alpha,
    const real* a, int64_t lda, const real* b, int64_t ldb, real beta, real* c, int64_t ldc) {
  const int laid = tb == PANELS, across = tb == ACROSS;
  if (blas && !laid && !ours_is_faster(m, n, k)) {
    int M = (int)m, N = (int)n, K = (int)k, la = (int)lda, lb = (int)ldb, lc = (int)ldc;
    blas(tb ? "T" : "N", ta ? "T" : "N", &N, &M, &K, &alpha, b, &lb, a, &la, &beta, c, &lc);
    return;
  }
  if (m <= FEW && across && !ta) {
    for (int64_t i = 0; i < m; i++) dots(n, k, alpha, a + i * lda, b, ldb, beta, c + i * ldc);
    return;
  }
  real copy[DEPTH * TILE];
  tiles_t s = {0, ta ? 1 : lda, ta ? lda : 1, 0, laid ? k * TILE : TILE, ldc, alpha, beta};
  for (int64_t top = 0; top < m; top += HIGH) {
    const int64_t high = least(HIGH, m - top), count = (high + ROWS - 1) / ROWS;
    s.beta = beta;
    for (int64_t l = 0; l < k; l += DEPTH, s.beta = 1) {
      s.depth = least(DEPTH, k - l);
      int64_t cols;
      for (int64_t j = 0; j < n; j += cols) {
        const int64_t few = high <= FEW && n - j >= WIDE * LANES && !across;
        const int64_t wide = few ? WIDE : n - j > LANES ? 2 : 1;
        cols = least(n - j, wide * LANES);
        const real* right = b + (laid ? j * k + l * TILE : across ? j * ldb + l : l * ldb + j);
        s.ldb = laid ? TILE : ldb;
        if (!laid && (across || count > TILES || cols < wide * LANES)) {
          side_by_side(copy, right, across, ldb, s.depth, cols, wide * LANES);
          right = copy;
          s.ldb = wide * LANES;
        }
        for (int64_t t = 0; t < count; t++) {
          const int64_t first = top + high * t / count, rows = top + high * (t + 1) / count - first;
          const real* left = a + first * s.along_m + l * s.along_k;
          real* to = c + first * ldc + j;
          if (cols == wide * LANES) any_tile(rows, wide, &s, left, right, to);
          else part_tile(rows, wide, &s, left, right, to, cols);
        }
      }
    }
  }
}
