// The gated cell written out by hand: what the kernel's generated code is held against.
//
//   z = σ(x Wz + h Uz + bz),  g = tanh(x Wg + z·(h Ug)),  h ← (1 - z)·h + z·g
//
// Each thread takes a part of the batch through all of time, so no step waits for another thread.
// A batch of fewer rows than threads is parted by columns instead, with one barrier for each step,
// where the matrices are large enough to pay for it. The inputs' products are one product for all
// of time, and so are the weights' gradients; both recurrent products of a step are one product.
// Products inside of time are handful's own or torch's, whichever suits the processor, on one thread
// each, of matrices as they lie (the generated code lays them in panels first); those of all of time
// are torch's BLAS, on all threads. The maths is vectorised by the compiler (-ffast-math
// and glibc's libmvec).

#include <omp.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

extern "C" void sgemm_(const char*, const char*, const int*, const int*, const int*, const float*,
                       const float*, const int*, const float*, const int*, const float*, float*,
                       const int*);
extern "C" void product(decltype(sgemm_)*, int, int, int64_t, int64_t, int64_t, float, const float*,
                        int64_t, const float*, int64_t, float, float*, int64_t);

namespace {

const int64_t kWorthSplitting = 256;  // columns from which a barrier costs less than it saves

// row-major c[m,n] = beta c + a b, in this thread
void step(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb,
          float beta, float* c, int64_t ldc) {
  product(sgemm_, 0, 0, m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
}

// row-major c[m,n] = beta c + op(a) op(b), in all threads
void whole(bool ta, bool tb, int m, int n, int k, const float* a, int lda, const float* b, int ldb,
           float beta, float* c, int ldc) {
  const float one = 1;
  sgemm_(tb ? "T" : "N", ta ? "T" : "N", &n, &m, &k, &one, b, &ldb, a, &lda, &beta, c, &ldc);
}

// [rows, left] and [rows, right] side by side
std::vector<float> beside(const float* one, const float* two, int64_t rows, int64_t cols) {
  std::vector<float> out(rows * 2 * cols);
  for (int64_t i = 0; i < rows; i++) {
    std::memcpy(&out[i * 2 * cols], one + i * cols, cols * sizeof(float));
    std::memcpy(&out[i * 2 * cols + cols], two + i * cols, cols * sizeof(float));
  }
  return out;
}

std::vector<float> turned(const std::vector<float>& matrix, int64_t rows, int64_t cols) {
  std::vector<float> out(rows * cols);
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < cols; j++) out[j * rows + i] = matrix[i * cols + j];
  return out;
}

void apart(const std::vector<float>& both, float* one, float* two, int64_t rows, int64_t cols) {
  for (int64_t i = 0; i < rows; i++) {
    std::memcpy(one + i * cols, &both[i * 2 * cols], cols * sizeof(float));
    std::memcpy(two + i * cols, &both[i * 2 * cols + cols], cols * sizeof(float));
  }
}

struct Part {
  int64_t row, rows, col, cols;
  bool barrier;
};

Part part_of(int64_t B, int64_t H) {
  const int64_t threads = omp_get_num_threads(), me = omp_get_thread_num();
  if (B >= threads || H < kWorthSplitting) {
    const int64_t low = B * me / threads, high = B * (me + 1) / threads;
    return {low, high - low, 0, H, false};
  }
  const int64_t low = H * me / threads, high = H * (me + 1) / threads;
  return {0, B, low, high - low, true};
}

}  // namespace

// z, g and u = h Ug are [T, B, H], and null where no gradients are wanted.
extern "C" void cell_forward(int64_t T, int64_t B, int64_t I, int64_t H, const float* x,
                             const float* h0, const float* Wz, const float* Wg, const float* Uz,
                             const float* Ug, const float* bz, float* out, float* z, float* g,
                             float* u) {
  const auto W = beside(Wg, Wz, I, H), U = beside(Uz, Ug, H, H);
  std::vector<float> fed(T * B * 2 * H), recurrent(B * 2 * H);
  whole(false, false, T * B, 2 * H, I, x, I, W.data(), 2 * H, 0, fed.data(), 2 * H);
#pragma omp parallel
  {
    const Part p = part_of(B, H);
    for (int64_t t = 0; t < T && p.rows > 0; t++) {
      const float* h = (t ? out + (t - 1) * B * H : h0) + p.row * H;
      float* r = recurrent.data() + p.row * 2 * H;
      if (p.cols == H) {
        step(p.rows, 2 * H, H, h, H, U.data(), 2 * H, 0, r, 2 * H);
      } else {
        for (int64_t half : {p.col, H + p.col})
          step(p.rows, p.cols, H, h, H, U.data() + half, 2 * H, 0, r + half, 2 * H);
      }
      for (int64_t b = p.row; b < p.row + p.rows; b++) {
        const float* in = fed.data() + (t * B + b) * 2 * H;
        const float* rec = recurrent.data() + b * 2 * H;
        const float* old = (t ? out + ((t - 1) * B + b) * H : h0 + b * H);
        const int64_t at = (t * B + b) * H;
#pragma omp simd
        for (int64_t k = p.col; k < p.col + p.cols; k++) {
          const float gate = 1 / (1 + std::exp(-(in[H + k] + rec[k] + bz[k])));
          const float next = std::tanh(in[k] + gate * rec[H + k]);
          out[at + k] = (1 - gate) * old[k] + gate * next;
          if (z) z[at + k] = gate, g[at + k] = next, u[at + k] = rec[H + k];
        }
      }
      if (p.barrier) {
#pragma omp barrier
      }
    }
  }
}

// Gradients of a scalar whose derivative by the states is `dout`.
extern "C" void cell_backward(int64_t T, int64_t B, int64_t I, int64_t H, const float* x,
                              const float* h0, const float* Wz, const float* Wg, const float* Uz,
                              const float* Ug, const float* out, const float* z, const float* g,
                              const float* u, const float* dout, float* dx, float* dh0, float* dWz,
                              float* dWg, float* dUz, float* dUg, float* dbz) {
  const auto W = beside(Wg, Wz, I, H), U = turned(beside(Uz, Ug, H, H), H, 2 * H);
  // for each step and row: by the tanh's argument, by the gate's, by u. The first two belong to
  // [Wg Wz], the last two to [Uz Ug].
  std::vector<float> d(T * B * 3 * H);
  std::memset(dh0, 0, B * H * sizeof(float));
#pragma omp parallel
  {
    const Part p = part_of(B, H);
    for (int64_t t = T - 1; t >= 0 && p.rows > 0; t--) {
      for (int64_t b = p.row; b < p.row + p.rows; b++) {
        const int64_t at = (t * B + b) * H;
        const float* old = (t ? out + at - B * H : h0 + b * H);
        float *row = d.data() + 3 * at, *dh = dh0 + b * H;
#pragma omp simd
        for (int64_t k = p.col; k < p.col + p.cols; k++) {
          const float all = dh[k] + dout[at + k], gate = z[at + k], next = g[at + k];
          const float by_tanh = all * gate * (1 - next * next);
          const float by_gate = all * (next - old[k]) + by_tanh * u[at + k];
          row[k] = by_tanh;
          row[H + k] = by_gate * gate * (1 - gate);
          row[2 * H + k] = by_tanh * gate;
          dh[k] = all * (1 - gate);
        }
      }
      if (p.barrier) {
#pragma omp barrier
      }
      step(p.rows, p.cols, 2 * H, d.data() + (t * B + p.row) * 3 * H + H, 3 * H, U.data() + p.col,
           H, 1, dh0 + p.row * H + p.col, H);
    }
  }
  const float* into = d.data();
  std::vector<float> dW(I * 2 * H), dU(H * 2 * H);
  whole(false, true, T * B, I, 2 * H, into, 3 * H, W.data(), 2 * H, 0, dx, I);
  whole(true, false, I, 2 * H, T * B, x, I, into, 3 * H, 0, dW.data(), 2 * H);
  whole(true, false, H, 2 * H, B, h0, H, into + H, 3 * H, 0, dU.data(), 2 * H);
  if (T > 1)
    whole(true, false, H, 2 * H, (T - 1) * B, out, H, into + B * 3 * H + H, 3 * H, 1, dU.data(),
          2 * H);
  apart(dW, dWg, dWz, I, H);
  apart(dU, dUz, dUg, H, H);
  std::memset(dbz, 0, H * sizeof(float));
  for (int64_t n = 0; n < T * B; n++)
    for (int64_t k = 0; k < H; k++) dbz[k] += into[n * 3 * H + H + k];
}
