// A libcuda.so.1 whose card is the CPU: what a module is loaded from is a library that fake-compiler.cc has made. A stream is a
// thread, memory is full of ones before it is written and after it is given back, and any call can be made to fail.
#include <dlfcn.h>
#include <unistd.h>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <queue>
#include <string>
#include <thread>
#include <vector>

typedef int CUresult;
typedef int CUdevice;
typedef uint64_t CUdeviceptr;
enum { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, NOT_FOUND = 500, LAUNCH_FAILED = 719, TOO_LARGE = 720 };

namespace {

struct Kernel {
  std::string name;
  int (*run)(void**, const long*, unsigned, unsigned, unsigned, int);
  int (*params)(int* bytes, int* element);
  const int* cooperative;
};
struct Module { void* library; };

std::mutex lock;
long calls, failing = -1;
int failing_code;
long counts[6];  // bytes to the card, bytes from it, launches, graph launches, pieces of memory, modules and graphs
const size_t MOST = getenv("FAKE_CUDA_BYTES") ? atol(getenv("FAKE_CUDA_BYTES")) : 8l << 30;
size_t used;
CUresult broken;

/// Pieces by address; those that are given back are taken again by allocations of their size.
std::map<uint64_t, size_t> pieces;
std::multimap<size_t, uint64_t> idle;
std::map<uint64_t, size_t> pinned;

struct Stream {
  std::mutex m;
  std::condition_variable changed;
  std::queue<std::function<void()>> work;
  bool busy = false;
  std::thread thread{[this] { loop(); }};
  void loop() {
    for (;;) {
      std::unique_lock<std::mutex> l(m);
      changed.wait(l, [this] { return !work.empty(); });
      auto next = work.front();
      work.pop();
      busy = true;
      l.unlock();
      next();
      l.lock();
      busy = false;
      changed.notify_all();
    }
  }
  /// Waits while there is much to do, as a driver does with launches.
  void wait_for_room() {
    std::unique_lock<std::mutex> l(m);
    changed.wait(l, [this] { return work.size() < 1024; });
  }
  void add(std::function<void()> f) {
    std::lock_guard<std::mutex> l(m);
    work.push(f);
    changed.notify_all();
  }
  void wait() {
    std::unique_lock<std::mutex> l(m);
    changed.wait(l, [this] { return work.empty() && !busy; });
  }
};
/// Numbers of nodes that wait to be made cooperative.
struct Graph { std::vector<std::function<void()>> work; std::vector<size_t> waiting; };

/// What a call is to return before it does anything.
CUresult call() {
  std::lock_guard<std::mutex> l(lock);
  calls++;
  if (failing >= 0 && --failing == 0) return failing_code;
  return broken;
}
void count(int what, long n) {
  std::lock_guard<std::mutex> l(lock);
  counts[what] += n;
}
/// Bytes from an address to the end of its piece, or -1.
long rest(uint64_t p) {
  std::lock_guard<std::mutex> l(lock);
  auto i = pieces.upper_bound(p);
  if (i == pieces.begin()) return -1;
  --i;
  return p < i->first + i->second ? (long)(i->first + i->second - p) : -1;
}
void fail_later(CUresult code) {
  std::lock_guard<std::mutex> l(lock);
  if (broken == SUCCESS) broken = code;
}
/// True where all of it is allocated; else the stream breaks, as it does on a card.
bool is_there(uint64_t p, size_t n) {
  if (n == 0 || rest(p) >= (long)n) return true;
  fail_later(700);
  return false;
}

}  // namespace

extern "C" {

// ---- for tests

void fake_fail_at(long n, int code) {
  std::lock_guard<std::mutex> l(lock);
  failing_code = code;
  failing = n;
}
long fake_calls() { return calls; }
long fake_count(int what) {
  std::lock_guard<std::mutex> l(lock);
  return what == 4 ? (long)(pieces.size() - idle.size()) : counts[what];
}

// ---- the driver

CUresult cuDriverGetVersion(int* v) {
  *v = getenv("FAKE_CUDA_VERSION") ? atoi(getenv("FAKE_CUDA_VERSION")) : 13000;
  return SUCCESS;
}
CUresult cuInit(unsigned) { return getenv("FAKE_CUDA_CARDS") && !atoi(getenv("FAKE_CUDA_CARDS")) ? NO_DEVICE : call(); }
CUresult cuGetErrorString(CUresult e, const char** s) {
  *s = e == OUT_OF_MEMORY ? "out of memory" : e == NO_DEVICE ? "no CUDA-capable device is detected" : e == 700 ? "an illegal memory access was encountered" : "fake error";
  return SUCCESS;
}
CUresult cuDeviceGetCount(int* n) {
  *n = getenv("FAKE_CUDA_CARDS") ? atoi(getenv("FAKE_CUDA_CARDS")) : 1;
  return call();
}
CUresult cuDeviceGet(CUdevice* d, int k) {
  *d = k;
  return call();
}
CUresult cuDeviceGetName(char* s, int n, CUdevice) {
  strncpy(s, "Fake card", n);
  return call();
}
CUresult cuDeviceTotalMem_v2(size_t* n, CUdevice) {
  *n = MOST;
  return call();
}
CUresult cuDeviceGetAttribute(int* v, int which, CUdevice) {
  *v = which == 75 ? 9 : which == 16 || which == 95;  // one multiprocessor, cooperative launches
  return call();
}
CUresult cuDevicePrimaryCtxRetain(void** c, CUdevice) {
  *c = &lock;
  return call();
}
CUresult cuCtxSetCurrent(void* c) { return c == &lock ? SUCCESS : INVALID_VALUE; }
CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  if (CUresult e = call()) return e;
  std::lock_guard<std::mutex> l(lock);
  *free = MOST - used;
  *total = MOST;
  return SUCCESS;
}
CUresult cuDeviceGetDefaultMemPool(void** p, CUdevice) {
  *p = &pieces;
  return call();
}
CUresult cuMemPoolSetAttribute(void*, int, void*) { return call(); }
CUresult cuMemPoolTrimTo(void*, size_t) { return call(); }

CUresult cuStreamCreate(void** s, unsigned) {
  if (CUresult e = call()) return e;
  *s = new Stream;
  return SUCCESS;
}
CUresult cuStreamSynchronize(void* s) {
  if (CUresult e = call()) return e;
  ((Stream*)s)->wait();
  return broken;
}

CUresult cuMemAllocAsync(CUdeviceptr* p, size_t n, void* s) {
  if (CUresult e = call()) return e;
  uint64_t at;
  {
    std::lock_guard<std::mutex> l(lock);
    auto i = idle.find(n);
    if (used + n > MOST) return OUT_OF_MEMORY;
    used += n;
    if (i != idle.end()) {
      *p = i->second;
      idle.erase(i);
      return SUCCESS;
    }
    at = (uint64_t)aligned_alloc(256, (n + 255) / 256 * 256);
    pieces[at] = n;
  }
  ((Stream*)s)->add([=] { memset((void*)at, 0xff, n); });
  *p = at;
  return SUCCESS;
}
CUresult cuMemFreeAsync(CUdeviceptr p, void* s) {
  if (CUresult e = call()) return e;
  std::lock_guard<std::mutex> l(lock);
  auto i = pieces.find(p);
  if (i == pieces.end()) return INVALID_VALUE;
  for (auto& k : idle) if (k.second == p) return INVALID_VALUE;
  size_t n = i->second;
  ((Stream*)s)->add([=] { memset((void*)p, 0xff, n); });
  idle.emplace(n, p);
  used -= n;
  return SUCCESS;
}
CUresult cuMemFreeHost(void*) { return SUCCESS; }
CUresult cuMemAllocHost_v2(void** p, size_t n) {
  if (CUresult e = call()) return e;
  *p = malloc(n);
  std::lock_guard<std::mutex> l(lock);
  pinned[(uint64_t)*p] = n;
  return SUCCESS;
}

/// Pinned memory is read when the stream comes to it, other memory before the call returns.
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t n, void* s) {
  if (CUresult e = call()) return e;
  count(0, n);
  bool is_pinned = false;
  for (auto& p : pinned) is_pinned |= (uint64_t)from >= p.first && (uint64_t)from + n <= p.first + p.second;
  if (is_pinned) {
    ((Stream*)s)->add([=] { if (is_there(to, n)) memcpy((void*)to, from, n); });
  } else {
    std::string staged((const char*)from, n);
    ((Stream*)s)->add([=] { if (is_there(to, n)) memcpy((void*)to, staged.data(), n); });
  }
  return SUCCESS;
}
/// Memory that is not pinned is written before the call returns.
CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t n, void* s) {
  if (CUresult e = call()) return e;
  count(1, n);
  ((Stream*)s)->wait();
  if (is_there(from, n)) memcpy(to, (void*)from, n);
  return broken;
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t n, void* s) {
  if (CUresult e = call()) return e;
  ((Stream*)s)->add([=] { if (is_there(to, n) && is_there(from, n)) memcpy((void*)to, (void*)from, n); });
  return SUCCESS;
}
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char v, size_t n, void* s) {
  if (CUresult e = call()) return e;
  ((Stream*)s)->add([=] { if (is_there(to, n)) memset((void*)to, v, n); });
  return SUCCESS;
}

/// An event is the end of what is on the stream now: it is waited for by waiting for all of it.
struct Event { Stream* stream; };
CUresult cuEventCreate(void** e, unsigned) {
  *e = new Event{nullptr};
  return call();
}
CUresult cuEventRecord(void* e, void* s) {
  ((Event*)e)->stream = (Stream*)s;
  return call();
}
CUresult cuEventSynchronize(void* e) {
  if (CUresult c = call()) return c;
  if (((Event*)e)->stream) ((Event*)e)->stream->wait();
  return broken;
}

CUresult cuModuleLoadData(void** m, const void* image) {
  if (CUresult e = call()) return e;
  // The image begins with its size, as a cubin has its own in it.
  uint64_t n;
  memcpy(&n, (const char*)image + 8, 8);
  char path[] = "/tmp/fake-cuda-XXXXXX";
  int fd = mkstemp(path);
  bool whole = fd >= 0 && write(fd, (const char*)image + 16, n) == (ssize_t)n;
  close(fd);
  void* library = whole ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
  unlink(path);
  if (!library) return 200;
  *m = new Module{library};
  count(5, 1);
  return SUCCESS;
}
CUresult cuModuleGetFunction(void** f, void* m, const char* name) {
  if (CUresult e = call()) return e;
  Kernel* k = new Kernel{name};
  k->run = (decltype(k->run))dlsym(((Module*)m)->library, ("eg_run_" + k->name).c_str());
  k->params = (decltype(k->params))dlsym(((Module*)m)->library, ("eg_params_" + k->name).c_str());
  k->cooperative = (const int*)dlsym(((Module*)m)->library, ("eg_cooperative_" + k->name).c_str());
  if (!k->run || !k->params || !k->cooperative) return NOT_FOUND;
  *f = k;
  return SUCCESS;
}
CUresult cuModuleUnload(void* m) {
  if (CUresult e = call()) return e;
  dlclose(((Module*)m)->library);
  count(5, -1);
  return SUCCESS;
}

/// The work of a launch, with the values that its parameters have now.
static std::function<void()> launch(Kernel* k, unsigned grid, unsigned block, void** given) {
  int bytes[4096], element[4096];
  int n = k->params(bytes, element);
  std::vector<uint64_t> values(n);
  std::vector<int> elements(element, element + n);
  for (int i = 0; i < n; i++) memcpy(&values[i], given[i], bytes[i]);
  return [=] {
    std::vector<void*> params(n);
    std::vector<long> sizes(n);
    std::vector<uint64_t> mine = values;
    for (int i = 0; i < n; i++) {
      params[i] = &mine[i];
      if (elements[i] == 0) continue;
      long there = rest(mine[i]);
      if (there < 0) return fail_later(700);
      sizes[i] = there / elements[i];
    }
    // A few blocks are as good as many, and faster here.
    if (k->run(params.data(), sizes.data(), grid < 7 ? grid : 7, block, 1, 0)) fail_later(LAUNCH_FAILED);
  };
}
CUresult cuLaunchKernel(void* f, unsigned grid, unsigned y, unsigned z, unsigned block, unsigned by, unsigned bz, unsigned shared, void* s,
                        void** given, void** extra) {
  if (CUresult e = call()) return e;
  if (y * z * by * bz != 1 || shared || extra || grid == 0 || block == 0 || block > 1024) return INVALID_VALUE;
  if (*((Kernel*)f)->cooperative) return INVALID_VALUE;  // a card might wait for ever
  count(2, 1);
  ((Stream*)s)->wait_for_room();
  ((Stream*)s)->add(launch((Kernel*)f, grid, block, given));
  return SUCCESS;
}

/// Blocks that run at the same time.
enum { AT_ONCE = 3 };
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* n, void*, int, size_t) {
  *n = AT_ONCE;
  return call();
}
CUresult cuLaunchCooperativeKernel(void* f, unsigned grid, unsigned y, unsigned z, unsigned block, unsigned by, unsigned bz, unsigned shared, void* s,
                                   void** given) {
  if (CUresult e = call()) return e;
  if (y * z * by * bz != 1 || shared || grid == 0 || block == 0 || block > 1024) return INVALID_VALUE;
  if (grid > AT_ONCE) return TOO_LARGE;
  count(2, 1);
  ((Stream*)s)->wait_for_room();
  ((Stream*)s)->add(launch((Kernel*)f, grid, block, given));
  return SUCCESS;
}

// ---- graphs, whose nodes follow each other

struct KernelNode {
  void* func;
  unsigned grid[3], block[3], shared;
  void** params;
  void** extra;
  void *kern, *ctx;
};
struct FillNode { CUdeviceptr to; size_t pitch; unsigned value, element; size_t width, height; };

/// The graph to which a node was added last.
static std::map<size_t, Graph*> graphs;
CUresult cuGraphCreate(void** g, unsigned) {
  if (CUresult e = call()) return e;
  *g = new Graph;
  return SUCCESS;
}
/// Each node comes after the one before it; its handle is its number, from 1.
static CUresult add(void** node, void* given, void* const* before, size_t n, std::function<void()> work) {
  Graph* g = (Graph*)given;
  if (n != (g->work.empty() ? 0 : 1) || (n && before[0] != (void*)g->work.size())) return INVALID_VALUE;
  g->work.push_back(work);
  *node = (void*)g->work.size();
  return SUCCESS;
}
static bool is_plain(const KernelNode* p) {
  return p->grid[1] * p->grid[2] * p->block[1] * p->block[2] == 1 && !p->shared && !p->extra && p->grid[0] && p->block[0] && p->block[0] <= 1024;
}
CUresult cuGraphAddKernelNode_v2(void** node, void* g, void* const* before, size_t n, const KernelNode* p) {
  if (CUresult e = call()) return e;
  if (!is_plain(p)) return INVALID_VALUE;
  if (*((Kernel*)p->func)->cooperative) {
    if (p->grid[0] > AT_ONCE) return TOO_LARGE;
    ((Graph*)g)->waiting.push_back(((Graph*)g)->work.size() + 1);
  }
  graphs[(size_t)((Graph*)g)->work.size() + 1] = (Graph*)g;
  return add(node, g, before, n, launch((Kernel*)p->func, p->grid[0], p->block[0], p->params));
}
CUresult cuGraphKernelNodeSetAttribute(void* node, int which, const int* value) {
  if (CUresult e = call()) return e;
  Graph* g = graphs[(size_t)node];
  if (which != 2 || *value != 1 || !g || g->waiting.empty() || g->waiting.back() != (size_t)node) return INVALID_VALUE;
  g->waiting.pop_back();
  return SUCCESS;
}
CUresult cuGraphAddMemsetNode(void** node, void* g, void* const* before, size_t n, const FillNode* p, void*) {
  if (CUresult e = call()) return e;
  if (p->element != 1 || p->height != 1) return INVALID_VALUE;
  FillNode f = *p;
  return add(node, g, before, n, [=] { if (is_there(f.to, f.width)) memset((void*)f.to, f.value, f.width); });
}
CUresult cuGraphInstantiateWithFlags(void** x, void* g, unsigned long long) {
  if (CUresult e = call()) return e;
  if (!((Graph*)g)->waiting.empty()) return INVALID_VALUE;
  *x = new Graph(*(Graph*)g);
  count(5, 1);
  return SUCCESS;
}
CUresult cuGraphExecKernelNodeSetParams_v2(void* x, void* node, const KernelNode* p) {
  if (CUresult e = call()) return e;
  if (!is_plain(p)) return INVALID_VALUE;
  ((Graph*)x)->work[(size_t)node - 1] = launch((Kernel*)p->func, p->grid[0], p->block[0], p->params);
  return SUCCESS;
}
CUresult cuGraphDestroy(void* g) {
  delete (Graph*)g;
  return SUCCESS;
}
CUresult cuGraphExecDestroy(void* x) {
  if (CUresult e = call()) return e;
  count(5, -1);
  delete (Graph*)x;  // its work was copied when it was launched
  return SUCCESS;
}
CUresult cuGraphLaunch(void* x, void* s) {
  if (CUresult e = call()) return e;
  count(3, 1);
  ((Stream*)s)->wait_for_room();
  for (auto& f : ((Graph*)x)->work) ((Stream*)s)->add(f);
  return SUCCESS;
}
}
