// What a card's launches, barriers and memories cost: the figures that the design of CUDA kernels rests on.
//
//   nvcc -O3 -std=c++17 -arch=sm_90 -o micro micro.cu && ./micro
//
// Every figure is the median of 20 timings by events, after one that does not count.
#include <algorithm>
#include <cooperative_groups.h>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace cg = cooperative_groups;

#define CHECK(call)                                                                       \
  do {                                                                                    \
    cudaError_t error = (call);                                                           \
    if (error != cudaSuccess) {                                                           \
      std::printf("%s, line %d: %s\n", #call, __LINE__, cudaGetErrorString(error));       \
      std::exit(1);                                                                       \
    }                                                                                     \
  } while (0)

constexpr int REPEATS = 1000;
constexpr int WEIGHTS = 212 * 1024;  // about a GRU's weights: 3 x 138 x 128 floats, and biases
constexpr int HALF = 112 * 1024;     // a bit more than half of them: what a block of a cluster of two would keep

__global__ void empty() {}

__global__ void gridBarrier(int n) {
  for (int i = 0; i < n; i++) cg::this_grid().sync();
}

template <int SIZE>
__global__ void __cluster_dims__(SIZE, 1, 1) clusterBarrier(int n) {
  for (int i = 0; i < n; i++) cg::this_cluster().sync();
}

__global__ void blockBarrier(int n) {
  for (int i = 0; i < n; i++) __syncthreads();
}

__device__ float4 plus(float4 a, float4 b) {
  return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}

/** All blocks together read n vectors, or, with `each`, every block reads all of them; past the L1 cache. */
__global__ void read(const float4* from, float* to, long n, int passes, bool each) {
  long first = each ? threadIdx.x : blockIdx.x * (long)blockDim.x + threadIdx.x;
  long step = each ? blockDim.x : (long)gridDim.x * blockDim.x;
  float4 sum = make_float4(0, 0, 0, 0);
  for (int p = 0; p < passes; p++)
    for (long i = first; i < n; i += step) sum = plus(sum, __ldcg(from + i));
  if (sum.x == -1) *to = sum.y + sum.z + sum.w;
}

__global__ void readShared(float* to, int passes) {
  extern __shared__ float4 memory[];
  int n = HALF / sizeof(float4);
  for (int i = threadIdx.x; i < n; i += blockDim.x) memory[i] = make_float4(i, i, i, i);
  __syncthreads();
  float4 sum = make_float4(0, 0, 0, 0);
  for (int p = 0; p < passes; p++)
    for (int i = threadIdx.x; i < n; i += blockDim.x) sum = plus(sum, memory[i]);
  if (sum.x == -1) *to = sum.y + sum.z + sum.w;
}

/** As a sweep over eligibility traces does: reads and writes each element once. */
__global__ void sweep(float4* at, long n) {
  for (long i = blockIdx.x * (long)blockDim.x + threadIdx.x; i < n; i += (long)gridDim.x * blockDim.x) {
    float4 v = at[i];
    at[i] = make_float4(v.x * 0.9f + 1, v.y * 0.9f + 1, v.z * 0.9f + 1, v.w * 0.9f + 1);
  }
}

/** Microseconds. */
template <class Work>
double timed(Work work) {
  cudaEvent_t from, to;
  CHECK(cudaEventCreate(&from));
  CHECK(cudaEventCreate(&to));
  std::vector<float> all;
  work();
  CHECK(cudaDeviceSynchronize());
  for (int i = 0; i < 20; i++) {
    CHECK(cudaEventRecord(from));
    work();
    CHECK(cudaEventRecord(to));
    CHECK(cudaEventSynchronize(to));
    float ms;
    CHECK(cudaEventElapsedTime(&ms, from, to));
    all.push_back(ms * 1e3f);
  }
  CHECK(cudaGetLastError());
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

void launches(int sms) {
  std::printf("launch into a stream: %.2f us\n",
              timed([&] { for (int i = 0; i < REPEATS; i++) empty<<<sms, 256>>>(); }) / REPEATS);
  cudaStream_t stream;
  cudaGraph_t graph;
  cudaGraphExec_t code;
  CHECK(cudaStreamCreate(&stream));
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  for (int i = 0; i < REPEATS; i++) empty<<<sms, 256, 0, stream>>>();
  CHECK(cudaStreamEndCapture(stream, &graph));
  CHECK(cudaGraphInstantiate(&code, graph, 0));
  std::printf("node of a graph: %.2f us\n", timed([&] { CHECK(cudaGraphLaunch(code, 0)); }) / REPEATS);
}

void barriers(int sms) {
  int n = REPEATS;
  void* args[] = {&n};
  for (int blocks : {64, sms, 2 * sms, 4 * sms}) {
    double us = timed([&] { CHECK(cudaLaunchCooperativeKernel((void*)gridBarrier, blocks, 256, args, 0, 0)); });
    std::printf("grid barrier, %d blocks of 256: %.2f us\n", blocks, us / n);
  }
  std::printf("cluster barrier, 2 blocks of 512: %.3f us\n", timed([&] { clusterBarrier<2><<<128, 512>>>(n); }) / n);
  std::printf("cluster barrier, 8 blocks of 512: %.3f us\n", timed([&] { clusterBarrier<8><<<128, 512>>>(n); }) / n);
  std::printf("block barrier, 512 threads: %.3f us\n", timed([&] { blockBarrier<<<64, 512>>>(n); }) / n);
}

void memories(int sms) {
  float4* memory;
  float* sink;
  long most = 1L << 29;
  CHECK(cudaMalloc(&memory, most));
  CHECK(cudaMemset(memory, 1, most));
  CHECK(cudaMalloc(&sink, sizeof(float)));
  for (long mb : {1, 4, 16, 32}) {
    long bytes = mb << 20, n = bytes / sizeof(float4);
    double us = timed([&] { read<<<4 * sms, 512>>>(memory, sink, n, 50, false); }) / 50;
    std::printf("read %ld MB from L2: %.2f TB/s\n", mb, bytes / us / 1e6);
  }
  for (int blocks : {64, 128}) {
    double us = timed([&] { read<<<blocks, 512>>>(memory, sink, WEIGHTS / sizeof(float4), 100, true); }) / 100;
    std::printf("each of %d blocks reads the same 212 KB from L2: %.2f us\n", blocks, us);
  }
  CHECK(cudaFuncSetAttribute(readShared, cudaFuncAttributeMaxDynamicSharedMemorySize, HALF));
  std::printf("each block reads 112 KB of shared memory: %.2f us\n",
              timed([&] { readShared<<<sms, 512, HALF>>>(sink, REPEATS); }) / REPEATS);
  for (long mb : {9, 18, 512}) {
    long bytes = mb << 20;
    double us = timed([&] { sweep<<<8 * sms, 512>>>(memory, bytes / sizeof(float4)); });
    std::printf("read and write %ld MB: %.1f us, %.2f TB/s\n", mb, us, 2 * bytes / us / 1e6);
  }
}

void copies() {
  char *host, *device;
  long most = 10L << 20;
  CHECK(cudaMallocHost(&host, most));
  CHECK(cudaMalloc(&device, most));
  for (long kb : {4, 64, 1024, 10240}) {
    double in = timed([&] { CHECK(cudaMemcpyAsync(device, host, kb << 10, cudaMemcpyHostToDevice)); });
    double out = timed([&] { CHECK(cudaMemcpyAsync(host, device, kb << 10, cudaMemcpyDeviceToHost)); });
    std::printf("copy %ld KB of pinned memory: in %.1f us, out %.1f us\n", kb, in, out);
  }
}

int main() {
  cudaDeviceProp card;
  CHECK(cudaGetDeviceProperties(&card, 0));
  std::printf("%s, sm_%d%d, %d SMs, L2 %d MB\n", card.name, card.major, card.minor, card.multiProcessorCount,
              card.l2CacheSize >> 20);
  launches(card.multiProcessorCount);
  barriers(card.multiProcessorCount);
  memories(card.multiProcessorCount);
  copies();
}
