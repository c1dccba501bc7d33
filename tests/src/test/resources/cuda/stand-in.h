// Runs the text of CUDA kernels on a CPU: the threads of a block are fibers that change at barriers and shuffles; blocks run
// one after the other, but those of a kernel whose blocks wait for each other all together. It finds accesses out of bounds, accesses of two threads to one element with no barrier between them
// of which one writes, barriers that do not meet, and words behind a lock without the fences that it needs. It includes
// nothing, so that it is read quickly.
#define EG_STAND_IN
#define __device__
#define __global__

typedef unsigned long eg_size;
extern "C" {
void* memset(void*, int, eg_size);
void* mmap(void*, eg_size, int, int, int, long);
int munmap(void*, eg_size);
double pow(double, double), atan2(double, double), fmod(double, double), hypot(double, double);
double floor(double), ceil(double), rint(double), trunc(double), exp2(double), log2(double), log10(double), cbrt(double);
double sin(double), cos(double), tan(double), asin(double), acos(double), atan(double), sinh(double), cosh(double);
double asinh(double), acosh(double), atanh(double), erf(double), erfc(double), lgamma(double), exp(double), log(double);
double sqrt(double), fabs(double), tgamma(double), copysign(double, double);
}

#define __fmaf_rn __builtin_fmaf
#define __fma_rn __builtin_fma
#define __fsqrt_rn __builtin_sqrtf
#define __dsqrt_rn __builtin_sqrt
#define __popcll __builtin_popcountll
#define __ffsll __builtin_ffsll
static inline float __int_as_float(int i) { float f; __builtin_memcpy(&f, &i, 4); return f; }
static inline int __float_as_int(float f) { int i; __builtin_memcpy(&i, &f, 4); return i; }
static inline double __longlong_as_double(long long i) { double f; __builtin_memcpy(&f, &i, 8); return f; }
static inline long long __double_as_longlong(double f) { long long i; __builtin_memcpy(&i, &f, 8); return i; }

// ---- what goes wrong, the first of it

enum { EG_FINE, EG_BOUNDS, EG_RACE, EG_BARRIER, EG_FENCE };
static struct eg_report { int kind, param; long index; int thread, other; } eg_bad;
static void eg_fault(int kind, int param, long index, int thread, int other) {
  if (eg_bad.kind == EG_FINE) eg_bad = {kind, param, index, thread, other};
}
extern "C" const eg_report* eg_faults() { return &eg_bad; }

// ---- threads

struct eg_dim { unsigned x; };
enum { EG_NOBODY = -1 };
static eg_dim threadIdx, blockIdx, blockDim, gridDim;
/// The number of barriers of its block that the running thread has passed, and below it that of its warp since.
static unsigned eg_phase;
/// Bytes of shared memory that it has declared.
static long eg_declared;
static int eg_id() { return (int)(blockIdx.x * blockDim.x + threadIdx.x); }

// ---- words behind a lock, which is taken by 1 and given back by any other value

/// Whether words were written since the last fence, and whether the lock was taken since.
static bool eg_unfenced, eg_taken;
static inline void __threadfence() { eg_unfenced = eg_taken = false; }
static inline unsigned atomicExch(unsigned* p, unsigned v) {
  unsigned old = *p;
  if (eg_unfenced && v != 1) eg_fault(EG_FENCE, 0, 0, eg_id(), EG_NOBODY);
  eg_unfenced = false;
  eg_taken = v == 1 && old != 1;
  *p = v;
  return old;
}
static inline unsigned atomicAdd(unsigned* p, unsigned v) {
  unsigned old = *p;
  *p = old + v;
  return old;
}
template <class T> struct eg_word {
  T v;
  operator T() const volatile {
    if (eg_taken) eg_fault(EG_FENCE, 0, 0, eg_id(), EG_NOBODY);
    return v;
  }
  void operator=(T next) volatile {
    if (eg_taken) eg_fault(EG_FENCE, 0, 0, eg_id(), EG_NOBODY);
    eg_unfenced = true;
    v = next;
  }
};
#define WORD(T) eg_word<T>

// ---- elements, with who was there last

/// A reader is a thread, or several threads of a warp or of a block, or one of these.
enum { EG_SEVERAL_BLOCKS = -2147483647 - 1, EG_SEVERAL_WARPS = -(1 << 30) };
struct eg_cell { int writer, reader; unsigned written, read, turn; };
/// Barriers of all blocks so far: what was before is over for all.
static unsigned eg_turn;
static inline void eg_renew(eg_cell& c) {
  if (c.turn == eg_turn) return;
  c.writer = c.reader = EG_NOBODY;
  c.turn = eg_turn;
}
static inline int eg_warps() { return ((int)blockDim.x + 31) / 32; }
static inline int eg_warp_of(int who) {
  if (who >= 0) return who / (int)blockDim.x * eg_warps() + who % (int)blockDim.x / 32;
  return who > EG_SEVERAL_WARPS ? -2 - who : -1;
}
static inline int eg_block_of(int who) {
  if (who >= 0) return who / (int)blockDim.x;
  return who > EG_SEVERAL_WARPS ? (-2 - who) / eg_warps() : EG_SEVERAL_WARPS - who;
}
static inline int eg_my_warp() { return eg_warp_of(eg_id()); }
/// True where nothing orders what they did in that phase and what the running thread does now.
static inline bool eg_together(int who, unsigned phase) {
  if (eg_block_of(who) != (int)blockIdx.x) return true;
  return eg_warp_of(who) == eg_my_warp() ? phase == eg_phase : phase >> 16 == eg_phase >> 16;
}
static void eg_read_by(eg_cell& c, int param, long i) {
  eg_renew(c);
  int me = eg_id(), block = (int)blockIdx.x;
  if (c.writer != EG_NOBODY && c.writer != me && eg_together(c.writer, c.written)) eg_fault(EG_RACE, param, i, me, c.writer);
  if (c.reader == EG_NOBODY) c.reader = me;
  else if (c.reader == EG_SEVERAL_BLOCKS || eg_block_of(c.reader) != block) c.reader = EG_SEVERAL_BLOCKS;
  else if (c.read >> 16 != eg_phase >> 16) c.reader = me;
  else if (eg_warp_of(c.reader) != eg_my_warp()) c.reader = EG_SEVERAL_WARPS - block;
  else if (c.read != eg_phase) c.reader = me;
  else if (c.reader != me) c.reader = -2 - eg_my_warp();
  c.read = eg_phase;
}
static void eg_write_by(eg_cell& c, int param, long i) {
  eg_renew(c);
  int me = eg_id();
  if (c.writer != EG_NOBODY && c.writer != me && eg_together(c.writer, c.written)) eg_fault(EG_RACE, param, i, me, c.writer);
  if (c.reader == EG_SEVERAL_BLOCKS || (c.reader != EG_NOBODY && c.reader != me && eg_together(c.reader, c.read))) eg_fault(EG_RACE, param, i, me, c.reader);
  c.writer = me;
  c.written = eg_phase;
}

template <class T> struct eg_array {
  T* p;
  eg_cell* cells;
  long n;
  int param;
  /// Cells of an element: several where smaller elements lie in the same memory.
  int step;
  bool within(long i) const {
    if (i >= 0 && i < n) return true;
    eg_fault(EG_BOUNDS, param, i, eg_id(), EG_NOBODY);
    return false;
  }
  T get(long i) const {
    if (!within(i)) return T(77);
    if (cells) for (int k = 0; k < step; k++) eg_read_by(cells[i * step + k], param, i);
    return p[i];
  }
  void set(long i, T v) const {
    if (!within(i)) return;
    if (cells) for (int k = 0; k < step; k++) eg_write_by(cells[i * step + k], param, i);
    p[i] = v;
  }
};
template <class T> struct eg_element {
  eg_array<T> a;
  long i;
  operator T() const { return a.get(i); }
  void operator=(T v) const { a.set(i, v); }
  void operator=(const eg_element& v) const { a.set(i, v.a.get(v.i)); }
};
template <class T> struct eg_in : eg_array<T> { T operator[](long i) const { return this->get(i); } };
template <class T> struct eg_out : eg_array<T> { eg_element<T> operator[](long i) const { return {*this, i}; } };
#define READ(T) eg_in<T>
#define WRITE(T) eg_out<T>
#define UPDATE(T) eg_out<T>

/// Blocks that are there at the same time, each with memory of its own, and all of their threads.
enum { EG_SHARED_BYTES = 48 << 10, EG_MOST_BLOCKS = 32, EG_THREADS = 1024 };
alignas(16) static unsigned char eg_shared_all[EG_MOST_BLOCKS][EG_SHARED_BYTES];
static eg_cell eg_shared_cells_all[EG_MOST_BLOCKS][EG_SHARED_BYTES];
static unsigned char* eg_shared = eg_shared_all[0];
static eg_cell* eg_shared_cells = eg_shared_cells_all[0];
template <class T> static eg_out<T> eg_share_at(long at, long n) {
  eg_declared = at + n * (long)sizeof(T);
  if (eg_declared > EG_SHARED_BYTES) {
    eg_fault(EG_BOUNDS, 1000, eg_declared, eg_id(), EG_NOBODY);
    at = n = 0;
  }
  eg_out<T> a;
  a.p = (T*)(eg_shared + at);
  a.cells = eg_shared_cells + at;
  a.n = n;
  a.param = 1000;
  a.step = 1;
  return a;
}
template <class T> static eg_out<T> eg_share(long n) { return eg_share_at<T>((eg_declared + 15) / 16 * 16, n); }
#define SHARED(T, name, n) eg_out<T> name = eg_share<T>(n)
#define POOL(bytes) const long eg_pool = bytes
#define POOLED(T, name, at, n) \
  eg_out<T> name = eg_share_at<T>(at, n); \
  if (eg_declared > eg_pool) eg_fault(EG_BOUNDS, 1000, eg_declared, eg_id(), EG_NOBODY)

// ---- fibers

enum { EG_READY, EG_BLOCK, EG_WARP, EG_GRID, EG_DONE };
enum { EG_STACK = 64 << 10 };
struct eg_fiber { void* stack; int state, line; unsigned phase; long declared; unsigned long long put; };
static eg_fiber eg_fibers[EG_THREADS];
static int eg_running;
static void* eg_host;
static void (*eg_enter)();

static void eg_resume(int f);
static void eg_wait(int state, int line);
static void eg_fiber_main() {
  eg_enter();
  eg_wait(EG_DONE, 0);
}
#if defined(__x86_64__) && !defined(EG_PORTABLE)
extern "C" void eg_switch(void** save, void* to);
asm(".text\n.globl eg_switch\n.hidden eg_switch\neg_switch:\n"
    "  pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
    "  movq %rsp, (%rdi); movq %rsi, %rsp\n"
    "  popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp; ret\n");
static unsigned char* eg_stacks;
static void eg_start(int f) {
  if (!eg_stacks) eg_stacks = (unsigned char*)mmap(0, (eg_size)EG_THREADS * EG_STACK, 3, 0x22, -1, 0);
  void** top = (void**)(eg_stacks + (eg_size)(f + 1) * EG_STACK);
  *--top = 0;
  *--top = (void*)eg_fiber_main;
  for (int k = 0; k < 6; k++) *--top = 0;
  eg_fibers[f].stack = top;
}
static void eg_to(int f) { eg_switch(&eg_host, eg_fibers[f].stack); }
static void eg_back(int f) { eg_switch(&eg_fibers[f].stack, eg_host); }
#else
#include <ucontext.h>
static ucontext_t eg_contexts[EG_THREADS], eg_host_context;
static unsigned char* eg_stacks;
static void eg_start(int f) {
  if (!eg_stacks) eg_stacks = (unsigned char*)mmap(0, (eg_size)EG_THREADS * EG_STACK, 3, 0x22, -1, 0);
  getcontext(&eg_contexts[f]);
  eg_contexts[f].uc_stack.ss_sp = eg_stacks + (eg_size)f * EG_STACK;
  eg_contexts[f].uc_stack.ss_size = EG_STACK;
  eg_contexts[f].uc_link = &eg_host_context;
  makecontext(&eg_contexts[f], eg_fiber_main, 0);
}
static void eg_to(int f) { swapcontext(&eg_host_context, &eg_contexts[f]); }
static void eg_back(int f) { swapcontext(&eg_contexts[f], &eg_host_context); }
#endif

/// Threads of one block where all blocks are there together, else more than there are.
static unsigned eg_in_block = EG_THREADS;
static bool eg_together_all;
static void eg_resume(int f) {
  eg_running = f;
  threadIdx.x = (unsigned)f % eg_in_block;
  if (eg_together_all) {
    blockIdx.x = (unsigned)f / eg_in_block;
    eg_shared = eg_shared_all[blockIdx.x];
    eg_shared_cells = eg_shared_cells_all[blockIdx.x];
  }
  eg_phase = eg_fibers[f].phase;
  eg_declared = eg_fibers[f].declared;
  eg_to(f);
}
static void eg_wait(int state, int line) {
  eg_fiber& f = eg_fibers[eg_running];
  f.state = state;
  f.line = line;
  f.phase = eg_phase;
  f.declared = eg_declared;
  eg_back(eg_running);
}
/// Barriers meet where they are in one line of the text.
static void eg_block_barrier(int line) {
  eg_phase = (eg_phase >> 16) + 1 << 16;
  eg_wait(EG_BLOCK, line);
}
#define __syncthreads() eg_block_barrier(__LINE__)
static void eg_warp_barrier(int line) {
  eg_phase++;
  eg_wait(EG_WARP, line);
}
#define __syncwarp() eg_warp_barrier(__LINE__)
/// Its words are zeros between launches, and nobody changes them here.
static void eg_grid(const unsigned* barrier, int line) {
  if (barrier[0] != 0) eg_fault(EG_BARRIER, 1001, barrier[0], eg_id(), EG_NOBODY);
  eg_phase = (eg_phase >> 16) + 1 << 16;
  eg_wait(EG_GRID, line);
}
#define eg_grid_barrier(barrier) eg_grid(barrier, __LINE__)
template <class T> static T eg_shuffle_down(int line, T v, int by, int width) {
  int me = eg_running;
  eg_fibers[me].put = 0;
  __builtin_memcpy(&eg_fibers[me].put, &v, sizeof v);
  eg_wait(EG_WARP, line);
  int from = (int)threadIdx.x % width + by < width ? me + by : me;
  T r;
  __builtin_memcpy(&r, &eg_fibers[from].put, sizeof r);
  eg_wait(EG_WARP, line);
  return r;
}
#define __shfl_down_sync(mask, v, by, width) eg_shuffle_down(__LINE__, v, by, width)
/// Lets those that wait in [from, to) go on if all of them wait for the same.
static bool eg_release(int from, int to, int state) {
  int waiting = 0, line = 0;
  for (int f = from; f < to; f++) {
    if (eg_fibers[f].state != state) continue;
    if (waiting > 0 && eg_fibers[f].line != line) eg_fault(EG_BARRIER, 0, 0, f, from);
    waiting++;
    line = eg_fibers[f].line;
  }
  if (waiting == 0) return false;
  int live = 0;
  for (int f = from; f < to; f++) live += eg_fibers[f].state != EG_DONE;
  if (waiting < live) return false;
  if (live < to - from) eg_fault(EG_BARRIER, 0, 0, from, EG_NOBODY);
  for (int f = from; f < to; f++) if (eg_fibers[f].state == state) eg_fibers[f].state = EG_READY;
  return true;
}
/// The order in which threads run: forward, backward, or another.
static int eg_nth(int k, int n, unsigned order) {
  if (order == 0 || (order > 1 && n % 7919 == 0)) return k;
  if (order == 1) return n - 1 - k;
  return (int)((k * 7919ul + order) % (unsigned)n);
}
/// Runs the threads of some blocks together.
static void eg_run_blocks(int blocks, int block, unsigned order) {
  int n = blocks * block;
  for (int b = 0; b < blocks; b++) {
    memset(eg_shared_all[b], 0xff, sizeof eg_shared_all[b]);
    memset(eg_shared_cells_all[b], 0xff, sizeof eg_shared_cells_all[b]);
  }
  for (int f = 0; f < n; f++) {
    eg_fibers[f] = {0, EG_READY, 0, 0, 0, 0};
    eg_start(f);
  }
  for (;;) {
    bool ran = false;
    for (int k = 0; k < n; k++) {
      int f = eg_nth(k, n, order);
      if (eg_fibers[f].state != EG_READY) continue;
      ran = true;
      eg_resume(f);
    }
    if (ran) continue;
    bool released = false;
    for (int b = 0; b < n; b += block) {
      for (int w = b; w < b + block; w += 32) released |= eg_release(w, w + 32 < b + block ? w + 32 : b + block, EG_WARP);
    }
    for (int b = 0; !released && b < n; b += block) released = eg_release(b, b + block, EG_BLOCK);
    if (released) continue;
    if (eg_release(0, n, EG_GRID)) {
      eg_turn++;
      continue;
    }
    for (int f = 0; f < n; f++) {
      if (eg_fibers[f].state != EG_DONE) {
        eg_fault(EG_BARRIER, 0, 0, f, EG_NOBODY);
        return;
      }
    }
    return;
  }
}

// ---- launches

enum { EG_MOST_PARAMS = 4096 };
static void** eg_params;
static const long* eg_sizes;
static eg_cell* eg_cells[EG_MOST_PARAMS];
static int eg_steps[EG_MOST_PARAMS];
template <class T> struct eg_arg { static T of(int i) { return *(T*)eg_params[i]; } };
template <class T, template <class> class A> static A<T> eg_array_arg(int i) {
  A<T> a;
  a.p = *(T**)eg_params[i];
  a.n = eg_sizes[i];
  a.cells = eg_cells[i];
  a.param = i;
  a.step = eg_steps[i];
  return a;
}
template <class T> struct eg_arg<eg_in<T>> { static eg_in<T> of(int i) { return eg_array_arg<T, eg_in>(i); } };
template <class T> struct eg_arg<eg_out<T>> { static eg_out<T> of(int i) { return eg_array_arg<T, eg_out>(i); } };
template <int... I> struct eg_pack {};
/// Bytes of an element of an array, 0 for other parameters.
template <class T> struct eg_bytes { enum { n = 0 }; };
template <class T> struct eg_bytes<eg_in<T>> { enum { n = sizeof(T) }; };
template <class T> struct eg_bytes<eg_out<T>> { enum { n = sizeof(T) }; };
static const int* eg_elements;
template <auto f, class... A> struct eg_kernel {
  static constexpr int elements[sizeof...(A) + 1] = {eg_bytes<A>::n...};
  template <int... I> static void call(eg_pack<I...>) { f(eg_arg<A>::of(I)...); }
  static void enter() { call(eg_pack<__integer_pack((int)sizeof...(A))...>()); }
};
template <auto f, class... A> static void (*eg_entry_of(void (*)(A...)))() {
  eg_elements = eg_kernel<f, A...>::elements;
  return eg_kernel<f, A...>::enter;
}

static unsigned char* eg_begin(int i) { return *(unsigned char**)eg_params[i]; }
static unsigned char* eg_end(int i) { return eg_begin(i) + eg_sizes[i] * eg_elements[i]; }
/// Gives arrays their cells; those that lie over each other have them in common, one for each of their smallest elements.
static eg_cell* eg_lay_out(int params, eg_cell* cells) {
  static bool done[EG_MOST_PARAMS], mine[EG_MOST_PARAMS];
  memset(done, 0, sizeof done);
  for (int i = 0; i < params; i++) {
    eg_steps[i] = 1;
    if (!eg_elements[i] || !eg_sizes[i] || done[i]) continue;
    unsigned char *from = eg_begin(i), *to = eg_end(i);
    int least = eg_elements[i];
    memset(mine, 0, sizeof mine);
    mine[i] = true;
    for (bool more = true; more;) {
      more = false;
      for (int k = 0; k < params; k++) {
        if (mine[k] || !eg_elements[k] || !eg_sizes[k] || eg_begin(k) >= to || from >= eg_end(k)) continue;
        more = mine[k] = true;
        if (eg_begin(k) < from) from = eg_begin(k);
        if (eg_end(k) > to) to = eg_end(k);
        if (eg_elements[k] < least) least = eg_elements[k];
      }
    }
    for (int k = 0; k < params; k++) {
      if (!mine[k]) continue;
      done[k] = true;
      eg_steps[k] = eg_elements[k] / least;
      eg_cells[k] = cells ? cells + (eg_begin(k) - from) / least : 0;
    }
    if (cells) cells += (to - from + least - 1) / least;
  }
  return cells;
}

/// Threads that wait for none, for those of their block, for all.
enum { EG_ALONE, EG_BLOCKS, EG_GRIDS };
/// Params as for a launch on a card, with the number of elements of each array, 0 for others.
static int eg_launch(void (*enter)(), int barriers, int params, void** p, const long* sizes, unsigned grid, unsigned block, unsigned order, bool races) {
  eg_bad = {};
  eg_unfenced = eg_taken = false;
  if (params > EG_MOST_PARAMS) {
    eg_fault(EG_BOUNDS, params, EG_MOST_PARAMS, 0, EG_NOBODY);
    return eg_bad.kind;
  }
  eg_params = p;
  eg_sizes = sizes;
  eg_enter = enter;
  blockDim.x = block;
  gridDim.x = grid;
  eg_size bytes = 0;
  for (int i = 0; i < params; i++) bytes += (eg_size)sizes[i] * eg_elements[i];
  bytes *= sizeof(eg_cell);
  eg_cell* cells = 0;
  memset(eg_cells, 0, sizeof eg_cells);
  // As many cells as bytes at most; pages that no cell is on are never there.
  if (races && bytes > 0) cells = (eg_cell*)mmap(0, bytes, 3, 0x4022, -1, 0);
  eg_lay_out(params, cells);
  // New memory is zeros, of no turn that counts.
  eg_turn = 1;
  eg_in_block = EG_THREADS;
  eg_together_all = barriers == EG_GRIDS;
  eg_shared = eg_shared_all[0];
  eg_shared_cells = eg_shared_cells_all[0];
  if (barriers == EG_GRIDS) {
    if (grid > EG_MOST_BLOCKS || grid * block > EG_THREADS) {
      eg_fault(EG_BARRIER, 0, grid, 0, EG_NOBODY);
    } else {
      eg_in_block = block;
      eg_run_blocks((int)grid, (int)block, order);
    }
    grid = 0;
  }
  for (unsigned k = 0; k < grid; k++) {
    blockIdx.x = (unsigned)eg_nth((int)k, (int)grid, order);
    if (barriers == EG_BLOCKS) {
      eg_run_blocks(1, (int)block, order);
    } else {
      for (unsigned t = 0; t < block; t++) {
        threadIdx.x = (unsigned)eg_nth((int)t, (int)block, order);
        eg_phase = 0;
        eg_declared = 0;
        enter();
      }
    }
  }
  if (cells) munmap(cells, bytes);
  return eg_bad.kind;
}
#define KERNEL(threads) static void
#define EG_ENTRY(space, kernel, params, barriers) \
  extern "C" int eg_run_##space##_##kernel(void** p, const long* sizes, unsigned grid, unsigned block, unsigned order, int races) { \
    return eg_launch(eg_entry_of<&space::kernel>(&space::kernel), barriers, params, p, sizes, grid, block, order, races != 0); \
  }
