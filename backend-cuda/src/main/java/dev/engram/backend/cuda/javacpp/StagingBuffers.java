package dev.engram.backend.cuda.javacpp;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cudart.CUctx_st;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;

/**
 * Memory of the host that a card reads by itself. What goes to the card is copied there first, so
 * that nobody waits for the work before it on the stream.
 */
final class StagingBuffers {
  private static final int BUFFERS = 8;
  private static final long BYTES = 1 << 20;

  private final CUctx_st context;
  private final CUstream_st stream;
  private final List<Buffer> buffers = new ArrayList<>();
  private int next;

  /** Where the driver gives no more of it, there are fewer, or it copies from where data lies. */
  private boolean refused;

  private record Buffer(BytePointer pointer, MemorySegment memory, CUevent_st copied) {}

  StagingBuffers(CUctx_st context, CUstream_st stream) {
    this.context = context;
    this.stream = stream;
  }

  /**
   * Copies {@code from} to the card; it may be written to when this returns. What is larger than
   * all buffers waits for the work before it.
   */
  synchronized void copy(long to, MemorySegment from) {
    // Here, since a virtual thread that has waited for the lock may go on in another thread.
    Calls.check(cudart.cuCtxSetCurrent(context), "the context of a copy");
    for (long at = 0; at < from.byteSize(); at += BYTES) {
      copyPart(to + at, from.asSlice(at, Math.min(BYTES, from.byteSize() - at)));
    }
  }

  private void copyPart(long to, MemorySegment part) {
    if (buffers.size() < BUFFERS && !refused) {
      add();
    }
    if (buffers.isEmpty()) {
      int code = cudart.cuMemcpyHtoDAsync(to, new Address(part), part.byteSize(), stream);
      Calls.check(code, "a copy to the card");
      // It may be read until then.
      Calls.check(cudart.cuStreamSynchronize(stream), "a wait for a copy to the card");
      Reference.reachabilityFence(part);
      return;
    }
    Buffer b = buffers.get(next);
    next = (next + 1) % buffers.size();
    Calls.check(cudart.cuEventSynchronize(b.copied), "a wait for a copy to the card");
    b.memory.copyFrom(part);
    Calls.check(
        cudart.cuMemcpyHtoDAsync(to, b.pointer, part.byteSize(), stream), "a copy to the card");
    Calls.check(cudart.cuEventRecord(b.copied, stream), "an event after a copy");
  }

  private void add() {
    BytePointer p = new BytePointer();
    CUevent_st copied = new CUevent_st();
    if (cudart.cuMemAllocHost(p, BYTES) != cudart.CUDA_SUCCESS) {
      refused = true;
      return;
    }
    if (cudart.cuEventCreate(copied, cudart.CU_EVENT_DISABLE_TIMING) != cudart.CUDA_SUCCESS) {
      cudart.cuMemFreeHost(p);
      refused = true;
      return;
    }
    next = buffers.size();
    buffers.add(new Buffer(p, MemorySegment.ofBuffer(p.capacity(BYTES).asByteBuffer()), copied));
  }
}
