/* Products of rows that are picked out by lists of places, not copied: a sparse convolution takes at
   each offset only the sites that have a neighbour there.

     picked_rows   c[to[r] + j] += alpha sum_l a[from[r] + l] b[l, j]         no two of `to` are equal
     picked_sum    c[i, j] = alpha sum_r a[from[r] + i] b[to[r] + j] + beta c[i, j]

   for r < count, i < m, l < k, j < n; if beta is 0, c is not read. A tile of ROWS by two vectors
   stays in registers, as in product.c. The bits do not depend on what stands beside a row. */

/* b[l, j] for l < depth, j < cols, side by side in rows of two vectors, zeros beyond. */
static void beside(real* out, const real* b, int64_t ldb, int64_t depth, int64_t cols) {
  for (int64_t l = 0; l < depth; l++)
    for (int64_t j = 0; j < 2 * LANES; j++) out[l * 2 * LANES + j] = j < cols ? b[l * ldb + j] : 0;
}

INLINE void rows_tile(const int wide, int64_t depth, real alpha, const real* const* from,
    const real* b, int64_t ldb, real* const* to, int64_t cols) {
  vec sum[ROWS * 2], right[2];
  const real* left[ROWS];
  UNROLL for (int i = 0; i < ROWS * wide; i++) sum[i] = (vec){0};
  UNROLL for (int i = 0; i < ROWS; i++) left[i] = from[i];
  for (int64_t l = 0; l < depth; l++, b += ldb) {
    UNROLL for (int v = 0; v < wide; v++) right[v] = *(const vec*)(b + v * LANES);
    UNROLL for (int i = 0; i < ROWS; i++)
      UNROLL for (int v = 0; v < wide; v++) sum[i * wide + v] += left[i][l] * right[v];
  }
  UNROLL for (int i = 0; i < ROWS; i++) {
    real part[2 * LANES];
    UNROLL for (int v = 0; v < wide; v++) {
      const vec found = sum[i * wide + v] * alpha;
      if (cols == wide * LANES) *(vec*)(to[i] + v * LANES) += found;
      else *(vec*)(part + v * LANES) = found;
    }
    if (cols < wide * LANES) for (int64_t j = 0; j < cols; j++) to[i][j] += part[j];
  }
}

void picked_rows(int64_t count, int64_t k, int64_t n, real alpha, const real* a,
    const int64_t* from, const real* b, int64_t ldb, real* c, const int64_t* to) {
  real copy[DEPTH * 2 * LANES], nowhere[2 * LANES] = {0};
  for (int64_t l = 0; l < k; l += DEPTH) {
    const int64_t depth = least(DEPTH, k - l);
    for (int64_t j = 0; j < n; j += 2 * LANES) {
      const int64_t cols = least(2 * LANES, n - j), one = cols <= LANES;
      const real* right = b + l * ldb + j;
      int64_t apart = ldb;
      if (cols % LANES) {
        beside(copy, right, ldb, depth, cols);
        right = copy;
        apart = 2 * LANES;
      }
      for (int64_t r = 0; r < count; r += ROWS) {
        const real* left[ROWS];
        real* out[ROWS];
        const int64_t rows = least(ROWS, count - r);
        UNROLL for (int i = 0; i < ROWS; i++) { /* beyond the last the first again, and let go */
          left[i] = a + from[i < rows ? r + i : r] + l;
          out[i] = i < rows ? c + to[r + i] + j : nowhere;
        }
        if (one) rows_tile(1, depth, alpha, left, right, apart, out, cols);
        else rows_tile(2, depth, alpha, left, right, apart, out, cols);
      }
    }
  }
}

/* What the tiles of one sum share. */
typedef struct {
  int64_t count; const int64_t *from, *to; int64_t ldc; real alpha, beta;
} sums_t;

INLINE void sum_tile(const int rows, const int wide, const sums_t* s, const real* a, const real* b,
    real* c) {
  vec sum[ROWS * 2], right[2];
  UNROLL for (int i = 0; i < rows * wide; i++) sum[i] = (vec){0};
  for (int64_t r = 0; r < s->count; r++) {
    const real *left = a + s->from[r], *row = b + s->to[r];
    UNROLL for (int v = 0; v < wide; v++) right[v] = *(const vec*)(row + v * LANES);
    UNROLL for (int i = 0; i < rows; i++)
      UNROLL for (int v = 0; v < wide; v++) sum[i * wide + v] += left[i] * right[v];
  }
  UNROLL for (int i = 0; i < rows * wide; i++) {
    vec* at = (vec*)(c + i / wide * s->ldc + i % wide * LANES);
    *at = s->beta == 0 ? sum[i] * s->alpha : s->beta * *at + sum[i] * s->alpha;
  }
}

static void any_sum(int64_t rows, int64_t wide, const sums_t* s, const real* a, const real* b,
    real* c) {
  switch (rows * 4 + wide) {
#define X(rows, wide) case rows * 4 + wide: sum_tile(rows, wide, s, a, b, c); break;
    EACH(X, 1) EACH(X, 2)
#undef X
  }
}

/* A tile of fewer columns than its vectors hold: made aside. */
static void part_sum(int64_t rows, int64_t wide, const sums_t* s, const real* a, const real* b,
    real* c, int64_t cols) {
  real whole[ROWS * 2 * LANES];
  sums_t aside = *s;
  aside.beta = 0;
  aside.ldc = wide * LANES;
  any_sum(rows, wide, &aside, a, b, whole);
  put_part(rows, cols, whole, wide * LANES, s->beta, c, s->ldc);
}

void picked_sum(int64_t count, int64_t m, int64_t n, real alpha, const real* a,
    const int64_t* from, const real* b, const int64_t* to, real beta, real* c, int64_t ldc) {
  real copy[PICKED * 2 * LANES];
  int64_t inside[PICKED];
  const int64_t tiles = (m + ROWS - 1) / ROWS;
  for (int64_t j = 0; j < n; j += 2 * LANES) {
    const int64_t cols = least(2 * LANES, n - j), one = cols <= LANES;
    const real* right = b + j;
    sums_t s = {count, from, to, ldc, alpha, beta};
    if (cols % LANES) {
      for (int64_t r = 0; r < count; r++) {
        beside(copy + r * 2 * LANES, right + to[r], 0, 1, cols);
        inside[r] = r * 2 * LANES;
      }
      right = copy;
      s.to = inside;
    }
    for (int64_t t = 0; t < tiles; t++) {
      const int64_t first = m * t / tiles, rows = m * (t + 1) / tiles - first;
      const int64_t wide = one ? 1 : 2;
      real* to = c + first * ldc + j;
      if (cols == wide * LANES) any_sum(rows, wide, &s, a + first, right, to);
      else part_sum(rows, wide, &s, a + first, right, to, cols);
    }
  }
}
