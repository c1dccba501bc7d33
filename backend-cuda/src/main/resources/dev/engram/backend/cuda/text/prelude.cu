typedef long long i64;
typedef unsigned long long u64;
typedef unsigned int u32;

// Kernels and what they are given; a program that runs this text elsewhere has its own. One block of a kernel is enough:
// to have room for more of them, compilers may keep to few registers, and spill.
#ifndef EG_STAND_IN
#define KERNEL(threads) extern "C" __global__ void __launch_bounds__(threads, 1)
#define READ(T) const T* __restrict__
#define WRITE(T) T* __restrict__
#define UPDATE(T) T*
#define SHARED(T, name, n) __shared__ T name[n]
// Where several nests have one kernel, they use the same memory of the block.
#define POOL(bytes) __shared__ __align__(16) unsigned char eg_pool[bytes]
#define POOLED(T, name, at, n) T* name = (T*)(eg_pool + at)
#define WORD(T) T
// All blocks of the grid wait for each other, by the number of blocks that have come, and that of the turns in which all have.
__device__ inline void eg_grid_barrier(u32* barrier) {
  __syncthreads();
  if (threadIdx.x == 0) {
    volatile u32* turn = barrier + 1;
    u32 now = *turn;
    __threadfence();
    if (atomicAdd(barrier, 1u) == gridDim.x - 1) {
      atomicExch(barrier, 0u);
      __threadfence();
      atomicExch(barrier + 1, now + 1);
    } else {
      while (*turn == now) {}
    }
    __threadfence();
  }
  __syncthreads();
}
#endif

// The number of this block when counting begins with block number `first`.
__device__ inline int eg_turned(u32 first) { return (int)((blockIdx.x + gridDim.x - first % gridDim.x) % gridDim.x); }

// Integers wrap.
__device__ inline int eg_add(int a, int b) { return (int)((u32)a + (u32)b); }
__device__ inline i64 eg_add(i64 a, i64 b) { return (i64)((u64)a + (u64)b); }
__device__ inline int eg_sub(int a, int b) { return (int)((u32)a - (u32)b); }
__device__ inline i64 eg_sub(i64 a, i64 b) { return (i64)((u64)a - (u64)b); }
__device__ inline int eg_mul(int a, int b) { return (int)((u32)a * (u32)b); }
__device__ inline i64 eg_mul(i64 a, i64 b) { return (i64)((u64)a * (u64)b); }
__device__ inline int eg_neg(int a) { return (int)(0u - (u32)a); }
__device__ inline i64 eg_neg(i64 a) { return (i64)(0ull - (u64)a); }
__device__ inline i64 eg_div(i64 a, i64 b) { return b == 0 ? -1 : b == -1 ? eg_neg(a) : a / b; }
__device__ inline i64 eg_rem(i64 a, i64 b) { return b == 0 ? a : b == -1 ? 0 : a % b; }
__device__ inline i64 eg_sign(i64 a) { return (i64)(a > 0) - (i64)(a < 0); }
__device__ inline i64 eg_shift_left(i64 a, i64 b) { return b < 0 || b > 63 ? 0 : (i64)((u64)a << b); }
__device__ inline i64 eg_shift_right(i64 a, i64 b) { return a >> (b < 0 || b > 63 ? 63 : b); }
template <class T> __device__ inline void eg_swap(T& a, T& b) { T c = a; a = b; b = c; }
template <class T> __device__ inline T eg_least(T a, T b) { return a < b ? a : b; }
template <class T> __device__ inline T eg_clamp(T a, T low, T high) { return a < low ? low : a > high ? high : a; }

__device__ inline int eg_abs(int a) { return a < 0 ? eg_neg(a) : a; }
__device__ inline i64 eg_abs(i64 a) { return a < 0 ? eg_neg(a) : a; }
__device__ inline float eg_abs(float a) { return __int_as_float(__float_as_int(a) & 0x7fffffff); }
__device__ inline double eg_abs(double a) { return __longlong_as_double(__double_as_longlong(a) & 0x7fffffffffffffffLL); }

// A NaN wins, and +0 is more than -0.
__device__ inline int eg_max(int a, int b) { return a > b ? a : b; }
__device__ inline i64 eg_max(i64 a, i64 b) { return a > b ? a : b; }
__device__ inline int eg_min(int a, int b) { return a < b ? a : b; }
__device__ inline i64 eg_min(i64 a, i64 b) { return a < b ? a : b; }
__device__ inline bool eg_negative(float a) { return __float_as_int(a) < 0; }
__device__ inline bool eg_negative(double a) { return __double_as_longlong(a) < 0; }
template <class T> __device__ inline T eg_greater(T a, T b) { return a != a || a > b ? a : b != b || b > a ? b : eg_negative(a) ? b : a; }
template <class T> __device__ inline T eg_less(T a, T b) { return a != a || a < b ? a : b != b || b < a ? b : eg_negative(a) ? a : b; }
__device__ inline float eg_max(float a, float b) { return eg_greater(a, b); }
__device__ inline double eg_max(double a, double b) { return eg_greater(a, b); }
__device__ inline float eg_min(float a, float b) { return eg_less(a, b); }
__device__ inline double eg_min(double a, double b) { return eg_less(a, b); }

// Floats become integers by truncation, as far as these go; a NaN becomes 0.
template <class T> __device__ inline int eg_to_i32(T x) { return x != x ? 0 : x >= (T)2147483648.0 ? 2147483647 : x < (T)-2147483648.0 ? -2147483647 - 1 : (int)x; }
template <class T> __device__ inline i64 eg_to_i64(T x) { return x != x ? 0 : x >= (T)9223372036854775808.0 ? 9223372036854775807LL : x < (T)-9223372036854775808.0 ? -9223372036854775807LL - 1 : (i64)x; }

// Floats of 16 bits, to nearest, ties to even.
__device__ inline float eg_of_bf16(int h) { return __int_as_float((int)((u32)h << 16)); }
__device__ inline int eg_to_bf16(float x) {
  u32 b = (u32)__float_as_int(x);
  return x != x ? (int)(b >> 16 | 0x40) : (int)((b + 0x7fff + (b >> 16 & 1)) >> 16);
}
__device__ inline float eg_of_f16(int h) {
  u32 sign = ((u32)h & 0x8000) << 16, exponent = (u32)h >> 10 & 31, fraction = (u32)h & 0x3ff;
  u32 magnitude = exponent == 31 ? 0x7f800000 | fraction << 13
      : exponent == 0 ? (u32)__float_as_int((float)fraction * 0x1p-24f)
      : (exponent + 112) << 23 | fraction << 13;
  return __int_as_float((int)(sign | magnitude));
}
__device__ inline int eg_to_f16(float x) {
  u32 b = (u32)__float_as_int(x), sign = b >> 16 & 0x8000, a = b & 0x7fffffff;
  if (x != x) return (int)(sign | 0x7c00 | (b & 0x7fe000) >> 13 | (b & 0x1ff0) >> 4 | (b & 0xf));
  if (a >= 0x477ff000) return (int)(sign | 0x7c00);
  // below 2^-14 the last place is that of 1/2
  if (a < 0x38800000) return (int)(sign | ((u32)__float_as_int(__int_as_float((int)a) + 0.5f) - 0x3f000000));
  return (int)(sign | (a - 0x38000000 + 0xfff + (a >> 13 & 1)) >> 13);
}

// Word i of Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw, SC 2011).
__device__ inline int eg_random(int k0, int k1, i64 i) {
  const u32 key[3] = {(u32)k0, (u32)k1, 0x1bd11bda ^ (u32)k0 ^ (u32)k1};
  const int turns[8] = {13, 15, 26, 6, 17, 29, 16, 24};
  u64 counter = (u64)i >> 1;
  u32 x0 = (u32)counter + key[0], x1 = (u32)(counter >> 32) + key[1];
  for (int round = 0; round < 20; round++) {
    x0 += x1;
    x1 = (x1 << turns[round % 8] | x1 >> (32 - turns[round % 8])) ^ x0;
    if (round % 4 == 3) {
      int n = round / 4 + 1;
      x0 += key[n % 3];
      x1 += key[(n + 1) % 3] + (u32)n;
    }
  }
  return (int)((i & 1) == 0 ? x0 : x1);
}

// The order of a sort: NaN comes last in both directions.
template <class T> __device__ inline bool eg_sorts_up(T x, T y) { return x == x && (y != y || x < y); }
template <class T> __device__ inline bool eg_sorts_down(T x, T y) { return x == x && (y != y || x > y); }

// Walks the tree of a fold: see FoldBlocks.
struct Blocks {
  i64 block, share, left, share_left;
  u64 blocks, shares;
  __device__ Blocks(i64 block, i64 share)
      : block(block), share(share), left(block), share_left(share), blocks(0), shares(0) {}
  // Ends a block; the number of partial results to add to it.
  __device__ int next() {
    share_left -= left;
    int sums;
    if (share_left == 0) {
      sums = __popcll(blocks) + __ffsll((i64)++shares) - 1;
      blocks = 0;
      share_left = share;
    } else {
      sums = __ffsll((i64)++blocks) - 1;
    }
    left = eg_least(block, share_left);
    return sums;
  }
};

// The first failure of a run: of the first launch that has one, the one of the least order. All bits are set where there
// is none, and the lock is free.
struct Failure {
  WORD(u64) launch, order;
  WORD(i64) value, position;
  WORD(u32) instruction;
  u32 lock;
};
__device__ inline void eg_check(Failure* failed, u64 launch, i64 value, i64 low, i64 high, i64 order, i64 position, int instruction) {
  if (value >= low && value < high) return;
  volatile Failure* f = failed;
  // What is recorded only ever goes down, so what is seen before the lock is taken is never too small.
  while (f->launch > launch || (f->launch == launch && f->order > (u64)order)) {
    if (atomicExch(&failed->lock, 1u) == 1u) continue;
    __threadfence();
    if (f->launch > launch || (f->launch == launch && f->order > (u64)order)) {
      f->launch = launch;
      f->order = (u64)order;
      f->value = value;
      f->position = position;
      f->instruction = (u32)instruction;
    }
    __threadfence();
    atomicExch(&failed->lock, ~0u);
  }
}
