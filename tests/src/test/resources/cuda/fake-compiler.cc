// A libnvrtc.so.13 that compiles kernels for the CPU by g++, for the card of fake-driver.cc. FAKE_CUDA_STAND_IN names the file
// stand-in.h. Where NVRTC would make a cubin, it makes a library, with its size before it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

namespace {
enum { SUCCESS = 0, INVALID_INPUT = 3, INVALID_OPTION = 5, COMPILATION = 6 };
struct Program { std::string text, log, image; };

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}
void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

/// Beside each kernel, what runs it, and what tells its parameters: their bytes, and of arrays those of an element.
const char* ENTRIES = R"(
template <class T> struct fake_param { enum { bytes = sizeof(T), element = 0 }; };
template <class T> struct fake_param<eg_in<T>> { enum { bytes = 8, element = sizeof(T) }; };
template <class T> struct fake_param<eg_out<T>> { enum { bytes = 8, element = sizeof(T) }; };
template <class... A> static int fake_params(void (*)(A...), int* bytes, int* element) {
  int b[] = {fake_param<A>::bytes..., 0}, e[] = {fake_param<A>::element..., 0};
  for (int i = 0; i < (int)sizeof...(A); i++) bytes[i] = b[i], element[i] = e[i];
  return sizeof...(A);
}
#define FAKE_ENTRY(kernel, barriers) \
  extern "C" { extern const int eg_cooperative_##kernel; const int eg_cooperative_##kernel = barriers == EG_GRIDS; } \
  extern "C" int eg_params_##kernel(int* bytes, int* element) { return fake_params(&kernel, bytes, element); } \
  extern "C" int eg_run_##kernel(void** p, const long* sizes, unsigned grid, unsigned block, unsigned order, int races) { \
    int bytes[4096], element[4096]; \
    return eg_launch(eg_entry_of<&kernel>(&kernel), barriers, eg_params_##kernel(bytes, element), p, sizes, grid, block, order, races != 0); \
  }
)";

std::string entries(const std::string& text) {
  std::string all;
  std::regex kernel("\nKERNEL\\(\\d+\\) (\\w+)\\(");
  std::sregex_iterator k(text.begin(), text.end(), kernel), end;
  while (k != end) {
    std::sregex_iterator next = std::next(k);
    size_t from = k->position(), to = next == end ? text.size() : next->position();
    std::string body = text.substr(from, to - from);
    bool barriers = body.find("__sync") != std::string::npos || body.find("_sync(") != std::string::npos;
    bool grids = body.find("eg_grid_barrier(") != std::string::npos;
    all += "FAKE_ENTRY(" + (*k)[1].str() + ", " + (grids ? "EG_GRIDS" : barriers ? "EG_BLOCKS" : "EG_ALONE") + ")\n";
    k = next;
  }
  return all;
}
}  // namespace

extern "C" {
const char* nvrtcGetErrorString(int) { return "fake error"; }
int nvrtcVersion(int* major, int* minor) {
  *major = 13;
  *minor = 99;
  return SUCCESS;
}
int nvrtcGetNumSupportedArchs(int* n) {
  *n = 2;
  return SUCCESS;
}
int nvrtcGetSupportedArchs(int* a) {
  a[0] = 80;
  a[1] = 90;
  return SUCCESS;
}
int nvrtcCreateProgram(void** p, const char* text, const char*, int headers, const char* const*, const char* const*) {
  if (headers) return INVALID_INPUT;
  *p = new Program{text};
  return SUCCESS;
}
int nvrtcCompileProgram(void* given, int n, const char* const* options) {
  Program* p = (Program*)given;
  bool exact = false, real = false;
  for (int i = 0; i < n; i++) {
    exact |= !strcmp(options[i], "--fmad=false");
    real |= !strcmp(options[i], "-arch=sm_90");
  }
  if (!exact || !real) return INVALID_OPTION;
  char folder[] = "/tmp/fake-nvrtc-XXXXXX";
  if (!mkdtemp(folder)) return INVALID_INPUT;
  std::string f = folder;
  write(f + "/kernels.cc", read(getenv("FAKE_CUDA_STAND_IN")) + p->text + ENTRIES + entries(p->text));
  std::string command = "g++ -std=c++17 -O1 -w -shared -fPIC -ffp-contract=off -fno-strict-aliasing -o " + f + "/kernels.so " + f + "/kernels.cc -lm > " + f + "/log 2>&1";
  int failed = system(command.c_str());
  p->log = read(f + "/log");
  std::string library = read(f + "/kernels.so");
  uint64_t size = library.size();
  p->image = std::string("\177FAKE\0\0\0", 8) + std::string((char*)&size, 8) + library;
  failed |= system(("rm -r " + f).c_str());
  return failed ? COMPILATION : SUCCESS;
}
int nvrtcGetProgramLogSize(void* p, size_t* n) {
  *n = ((Program*)p)->log.size() + 1;
  return SUCCESS;
}
int nvrtcGetProgramLog(void* p, char* to) {
  memcpy(to, ((Program*)p)->log.c_str(), ((Program*)p)->log.size() + 1);
  return SUCCESS;
}
int nvrtcGetCUBINSize(void* p, size_t* n) {
  *n = ((Program*)p)->image.size();
  return SUCCESS;
}
int nvrtcGetCUBIN(void* p, char* to) {
  memcpy(to, ((Program*)p)->image.data(), ((Program*)p)->image.size());
  return SUCCESS;
}
int nvrtcDestroyProgram(void** p) {
  delete (Program*)*p;
  return SUCCESS;
}
}
